//! Why a plugin could not be loaded, and what to do about it.

mod hint;

use std::path::PathBuf;
use std::time::Duration;

use super::preflight::{GlibcVersion, Version};

/// Why a file could not be loaded as a plugin.
///
/// The message says what was found and what was expected; [`hint`](Self::hint) what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are the words of the messages")]
pub enum LoadError {
    /// Nothing is at the path.
    #[error("{} does not exist", path.display())]
    NotFound {
        path: PathBuf,
        similar: Option<PathBuf>,
    },

    /// The path leads to a directory.
    #[error("{} is a directory, not a plugin", path.display())]
    Directory {
        path: PathBuf,
        similar: Option<PathBuf>,
    },

    /// The file is there but cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },

    /// The file has no bytes.
    #[error("{} is empty, not a plugin", path.display())]
    Empty { path: PathBuf },

    /// The file is of another format.
    #[error("{} is not an ELF shared object (it looks like {found})", path.display())]
    NotElf { path: PathBuf, found: &'static str },

    /// The file ends before its contents do.
    #[error(
        "{} is cut off or damaged: it has {size} bytes, its headers speak of {expected}",
        path.display()
    )]
    Truncated {
        path: PathBuf,
        size: u64,
        expected: u64,
    },

    /// The file's tables contradict each other or the format.
    #[error("{} is damaged: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },

    /// The file is for another processor.
    #[error("{} is built for {found}, this shim for {expected}", path.display())]
    WrongMachine {
        path: PathBuf,
        found: String,
        expected: String,
    },

    /// The file is a program.
    #[error("{} is an executable, not a shared object", path.display())]
    Executable { path: PathBuf },

    /// The file is ELF, but neither a program nor a shared object.
    #[error("{} is {found}, not a shared object", path.display())]
    NotASharedObject { path: PathBuf, found: String },

    /// The file is a shared object without a `.shim.info` section.
    #[error("{} is a shared object but no plugin: it has no `.shim.info` section", path.display())]
    NotAPlugin { path: PathBuf },

    /// The `.shim.info` section cannot be understood.
    #[error("the `.shim.info` section of {} is damaged: {reason}", path.display())]
    DamagedInfo { path: PathBuf, reason: String },

    /// The `.shim.info` section describes no handler.
    #[error("{} exports no handler", path.display())]
    ExportsNoHandler { path: PathBuf },

    /// Two handlers of the plugin have one name.
    #[error("{} has two handlers named `{handler}`", path.display())]
    DuplicateHandler { path: PathBuf, handler: String },

    /// The plugin's ABI version does not fit the shim's.
    #[error(
        "{} was built against plugin ABI {theirs}, this shim speaks {ours}",
        path.display()
    )]
    IncompatibleAbi {
        path: PathBuf,
        theirs: Version,
        ours: Version,
    },

    /// The system's glibc is too old.
    #[error(
        "{} needs {needed}{}, this system's glibc goes up to GLIBC_{system}",
        path.display(),
        for_symbol(symbol.as_deref())
    )]
    Glibc {
        path: PathBuf,
        needed: String,
        symbol: Option<String>,
        system: GlibcVersion,
    },

    /// Libraries that the plugin is linked with are not there.
    #[error("{} needs {}, not found on this system", path.display(), libraries.join(", "))]
    MissingLibrary {
        path: PathBuf,
        libraries: Vec<String>,
    },

    /// The plugin has no handler of the name that was asked for.
    #[error("{} has no handler named `{wanted}`; it has: {}", path.display(), available.join(", "))]
    NoHandler {
        path: PathBuf,
        wanted: String,
        available: Vec<String>,
    },

    /// The plugin has several handlers, and none was asked for.
    #[error("{} has several handlers and none was named: {}", path.display(), available.join(", "))]
    SeveralHandlers {
        path: PathBuf,
        available: Vec<String>,
    },

    /// The dynamic linker refused the file.
    #[error("{} could not be loaded: {reason}", path.display())]
    Open { path: PathBuf, reason: String },

    /// The plugin lacks a symbol that its records promise.
    #[error("{} does not export `{symbol}`: {reason}", path.display())]
    Symbol {
        path: PathBuf,
        symbol: String,
        reason: String,
    },

    /// The types that cross differ, although the versions fit.
    #[error(
        "{} and this shim disagree on the types of the plugin ABI (its version is {theirs}, \
         ours {ours}): {detail}",
        path.display()
    )]
    Layout {
        path: PathBuf,
        theirs: Version,
        ours: Version,
        detail: String,
    },

    /// The plugin was built with another line of abi_stable.
    #[error("{} was built with an incompatible abi_stable: {reason}", path.display())]
    AbiStable { path: PathBuf, reason: String },

    /// The plugin's `init` returned an error.
    #[error("init of handler `{handler}` in {} failed: {name}: {message}", path.display())]
    InitFailed {
        path: PathBuf,
        handler: String,
        name: String,
        message: String,
    },

    /// The plugin's `init` panicked.
    #[error("init of handler `{handler}` in {} panicked: {message}", path.display())]
    InitPanicked {
        path: PathBuf,
        handler: String,
        message: String,
    },

    /// The plugin's `init` did not return in time.
    #[error("init of handler `{handler}` in {} did not return within {limit:?}", path.display())]
    InitHung {
        path: PathBuf,
        handler: String,
        limit: Duration,
    },
}

impl LoadError {
    /// The process's exit code for these errors: `EX_DATAERR` of `sysexits.h`.
    pub const EXIT_CODE: u8 = 65;
}

fn for_symbol(symbol: Option<&str>) -> String {
    symbol
        .map(|symbol| format!(" (for `{symbol}`)"))
        .unwrap_or_default()
}
