//! Why there is no package, and what to do about it.

mod hint;

use std::path::PathBuf;

use super::target::{Arch, TargetOs};
use crate::plugin::LoadError;
use crate::plugin::preflight::{GlibcSymbols, Version};

/// What a file is in a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The user's plugin.
    Plugin,
    /// The program that Lambda starts.
    Bootstrap,
    /// A library that was included.
    Library,
}

/// Why no package was written.
///
/// The message says what was found and what was expected; [`hint`](Self::hint) what to do.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are the words of the messages")]
pub enum PackageError {
    /// The plugin is none.
    #[error(transparent)]
    Plugin(LoadError),

    /// The bootstrap is no ELF file that can be read.
    #[error("the bootstrap cannot be used: {0}")]
    Bootstrap(LoadError),

    /// An included library is damaged.
    #[error("an included library cannot be used: {0}")]
    Library(LoadError),

    /// There is no bootstrap where it is looked for.
    #[error("there is no bootstrap: {} does not exist", path.display())]
    NoBootstrap { path: PathBuf },

    /// The bootstrap is another program, or none.
    #[error("{} is not shim's bootstrap: {found}", path.display())]
    NotOurBootstrap { path: PathBuf, found: &'static str },

    /// The bootstrap speaks another ABI than the plugin.
    #[error(
        "the bootstrap {} speaks plugin ABI {bootstrap}, the plugin was built against {plugin}",
        path.display()
    )]
    Abi {
        path: PathBuf,
        bootstrap: Version,
        plugin: Version,
    },

    /// Bootstrap cannot find a plugin of this name.
    #[error("{} cannot be the file of a function: {reason}", path.display())]
    PluginName { path: PathBuf, reason: &'static str },

    /// Bootstrap would take another file for the plugin.
    #[error(
        "bootstrap would not find {}: {} would be `{name}`, which is looked for first",
        path.display(),
        other.display()
    )]
    Shadowed {
        path: PathBuf,
        other: PathBuf,
        name: String,
    },

    /// Lambda has no such machine.
    #[error("{} is built for {machine}, which Lambda does not have", path.display())]
    NoSuchMachine { path: PathBuf, machine: String },

    /// The file is for another machine than the function.
    #[error(
        "{} is built for {found}, the package is for {} ({})",
        path.display(),
        arch.name(),
        if *asked { "--arch" } else { "as the plugin is" }
    )]
    Machine {
        role: Role,
        path: PathBuf,
        found: String,
        arch: Arch,
        asked: bool,
    },

    /// The system has an older glibc than the file needs.
    #[error(
        "{} needs a newer glibc than {} has ({}): {}",
        path.display(),
        os.name(),
        os.glibc(),
        listed(symbols)
    )]
    Glibc {
        role: Role,
        path: PathBuf,
        arch: Arch,
        os: TargetOs,
        symbols: Vec<GlibcSymbols>,
    },

    /// The system does not have libraries that the file needs.
    #[error(
        "{} needs {}, not in {} and not in the package",
        path.display(),
        libraries.join(", "),
        os.name()
    )]
    MissingLibrary {
        role: Role,
        path: PathBuf,
        arch: Arch,
        os: TargetOs,
        libraries: Vec<String>,
    },

    /// An included file is a symbolic link.
    #[error("{} is a symbolic link, which is not packed", path.display())]
    Link { path: PathBuf },

    /// An included file is a pipe, a socket or a device.
    #[error("{} is {found}, not a file or a directory", path.display())]
    Special { path: PathBuf, found: &'static str },

    /// An included file is not there.
    #[error("{} does not exist (--include)", path.display())]
    NotFound { path: PathBuf },

    /// A file cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },

    /// An included path has no name of its own, as `..` and `/` have none.
    #[error("{} has no name of its own to be packed under", path.display())]
    NoName { path: PathBuf },

    /// A name that cannot stand in a package.
    #[error("{} cannot be packed as {name:?}: {reason}", path.display())]
    BadName {
        path: PathBuf,
        name: String,
        reason: &'static str,
    },

    /// Two files have one name in the package.
    #[error(
        "{} and {} would both be `{name}` in the package",
        first.display(),
        second.display()
    )]
    Duplicate {
        name: String,
        first: PathBuf,
        second: PathBuf,
    },

    /// There are more files than a plain zip can hold.
    #[error("the package would have more than {limit} files")]
    TooMany { limit: usize },

    /// Lambda would refuse to unpack it.
    #[error(
        "the package would have {size} bytes unpacked, Lambda's limit is {limit}; the largest: \
         {largest}"
    )]
    TooLarge {
        size: u64,
        limit: u64,
        largest: String,
    },

    /// The output is one of the files to pack, or would become one.
    #[error("the output {} is among the files to pack: {}", output.display(), path.display())]
    OutputIsPacked { output: PathBuf, path: PathBuf },

    /// The output's path cannot be written to.
    #[error("{} cannot be the output: {reason}", path.display())]
    Output { path: PathBuf, reason: String },

    /// Writing failed.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        path: PathBuf,
        error: std::io::Error,
    },

    /// The archive could not be made.
    #[error("cannot make the zip archive: {0}")]
    Archive(String),
}

/// The symbols with their versions.
fn listed(needs: &[GlibcSymbols]) -> String {
    let one = |need: &GlibcSymbols| match need.symbols.is_empty() {
        true => need.name.clone(),
        false => format!("{} (for `{}`)", need.name, need.symbols.join("`, `")),
    };
    needs.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl PackageError {
    /// Whether the command line is wrong, rather than a file.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::NoName { .. } | Self::OutputIsPacked { .. } | Self::Output { .. }
        )
    }

    /// Whether files and command line are right, and the archive could not be written all the same.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Write { .. } | Self::Archive(_))
    }
}
