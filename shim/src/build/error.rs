//! Why nothing was built, and what to do about it.

use std::io;
use std::path::PathBuf;

use crate::package::{Arch, TargetOs};
use crate::plugin::LoadError;
use crate::plugin::preflight::GlibcNeed;

/// The most crates that a message names.
const MAX_NAMED: usize = 5;

/// Why nothing was built, or why what was built does not do.
///
/// The message says what was found; [`hint`](Self::hint) what to do.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are the words of the messages")]
pub enum BuildError {
    /// The path to build is not there.
    #[error("cannot build {}: {error}", path.display())]
    NoPath { path: PathBuf, error: io::Error },

    /// There is no Cargo.toml.
    #[error(
        "there is no crate at {}: no Cargo.toml in it, below it or above it",
        path.display()
    )]
    NoCrate { path: PathBuf },

    /// There are crates, and none is a plugin.
    #[error(
        "there is no plugin at {}: a plugin is a cdylib that depends on plugin-api, and none of \
         these crates is one: {}",
        path.display(),
        listed(crates)
    )]
    NoPlugin { path: PathBuf, crates: Vec<PathBuf> },

    /// Cargo cannot be started.
    #[error("cannot run cargo: {0}")]
    NoCargo(io::Error),

    /// Cargo was started, and is lost.
    #[error("cannot wait for cargo: {0}")]
    Lost(io::Error),

    /// Cargo does not understand a manifest.
    #[error("cargo cannot read {}:\n{said}", path.display())]
    Manifest { path: PathBuf, said: String },

    /// Only a system was named, and its processor is none that Lambda has.
    #[error(
        "this machine is {}, which AWS Lambda does not have",
        std::env::consts::ARCH
    )]
    NoArch,

    /// Another processor needs another linker.
    #[error(
        "to build for {} on {}, `cargo zigbuild` is needed, and it is not installed",
        arch.name(),
        std::env::consts::ARCH
    )]
    NoZigbuild { arch: Arch },

    /// The compiler has no standard library for the processor.
    #[error("the compiler has no standard library for {}", arch.triple())]
    NoStd { arch: Arch },

    /// What was built is no plugin, or cannot be loaded here.
    #[error(transparent)]
    Plugin(#[from] LoadError),

    /// What was built is for another processor.
    #[error("{} is built for {found}, not for {}", path.display(), arch.machine())]
    Machine {
        path: PathBuf,
        found: String,
        arch: Arch,
    },

    /// What was built needs a newer system.
    #[error(
        "{} needs glibc {}, {} has {}{}",
        path.display(),
        need.version,
        os.name(),
        os.glibc(),
        need.symbol.as_ref().map(|symbol| format!(" (for `{symbol}`)")).unwrap_or_default()
    )]
    Glibc {
        path: PathBuf,
        need: GlibcNeed,
        os: TargetOs,
    },
}

impl BuildError {
    /// What to do about the error, where something general can be said: one line, to stand below
    /// the message.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoCrate { .. } => "make one with `shim new NAME`".to_owned(),
            Self::NoPlugin { .. } => {
                "in its Cargo.toml: `crate-type = [\"cdylib\"]` in [lib], and `plugin-api` in \
                 [dependencies]"
                    .to_owned()
            }
            Self::NoCargo(error) if error.kind() == io::ErrorKind::NotFound => {
                "install Rust: https://rustup.rs".to_owned()
            }
            Self::NoArch => "name one: `--arch x86_64`".to_owned(),
            Self::NoZigbuild { .. } | Self::Glibc { .. } => {
                "`cargo zigbuild` builds for it: `pip install cargo-zigbuild ziglang`, then build \
                 again"
                    .to_owned()
            }
            Self::NoStd { arch } => format!("`rustup target add {}`", arch.triple()),
            Self::Plugin(error) => return error.hint(),
            _ => return None,
        };
        Some(hint)
    }
}

fn listed(crates: &[PathBuf]) -> String {
    let names = crates.iter().take(MAX_NAMED);
    let mut names: Vec<_> = names.map(|path| path.display().to_string()).collect();
    if crates.len() > MAX_NAMED {
        names.push(format!("{} more", crates.len() - MAX_NAMED));
    }
    names.join(", ")
}
