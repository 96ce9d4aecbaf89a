//! Why there is no image, and what to do about it.

use std::path::PathBuf;

use crate::package::{Arch, PackageError};
use crate::plugin::LoadError;
use crate::plugin::preflight::{GlibcVersion, Version};

/// Why no image was written.
///
/// The message says what was found and what was expected; [`hint`](Self::hint) what to do.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are the words of the messages")]
pub enum ImageError {
    /// A file, a name or the output cannot be used, as for a zip.
    #[error(transparent)]
    Files(#[from] PackageError),

    /// A plugin is none, or cannot run on this system.
    #[error(transparent)]
    Plugin(LoadError),

    /// The shim is no program that can be read.
    #[error("the shim cannot be used: {0}")]
    Shim(LoadError),

    /// The program is not the shim.
    #[error("{} is not shim: {found}", path.display())]
    NotShim { path: PathBuf, found: &'static str },

    /// The shim speaks another ABI than a plugin.
    #[error(
        "the shim {} speaks plugin ABI {shim}, the plugin {} was built against {plugin}",
        path.display(),
        of.display()
    )]
    Abi {
        path: PathBuf,
        shim: Version,
        of: PathBuf,
        plugin: Version,
    },

    /// The shim needs a newer glibc than the one that would be packed.
    #[error(
        "the shim {} needs {symbols}, this system has glibc {system}",
        path.display()
    )]
    Glibc {
        path: PathBuf,
        symbols: String,
        system: GlibcVersion,
    },

    /// This system cannot make an image for this processor.
    #[error(
        "the image would be for {}, this system is {here}: its libraries are packed",
        asked.machine()
    )]
    Arch { asked: Arch, here: String },

    /// No image has such a processor.
    #[error("this system is {here}: images are made for x86_64 and aarch64")]
    NoSuchMachine { here: String },

    /// The shim is built for another processor.
    #[error("the shim {} is built for {found}, the image is for {}", path.display(), arch.machine())]
    Machine {
        path: PathBuf,
        found: String,
        arch: Arch,
    },

    /// A library is not on this system.
    #[error("{} needs {library}, which is not on this system", path.display())]
    MissingLibrary { path: PathBuf, library: String },

    /// A library cannot be read.
    #[error("a library cannot be packed: {0}")]
    Library(LoadError),

    /// The name of a plugin would be read as a function or a handler.
    #[error("{name:?} cannot be the file of a plugin in an image: it has `=` or `#`")]
    PluginName { name: String },

    /// The tag is none.
    #[error("`{text}` is no name of an image: {reason}")]
    Tag { text: String, reason: &'static str },

    /// The file has no certificates.
    #[error("{} has no certificates: no line is `-----BEGIN CERTIFICATE-----`", path.display())]
    NoCertificates { path: PathBuf },

    /// There is too much to pack.
    #[error("the image would have {size} bytes unpacked, the limit is {limit}")]
    TooLarge { size: u64, limit: u64 },

    /// A file has become another while it was packed.
    #[error("{} has changed while it was packed", path.display())]
    Changed { path: PathBuf },

    /// The image's own documents cannot be made.
    #[error("cannot make the image: {0}")]
    Document(String),
}

impl ImageError {
    /// Whether the command line is wrong, rather than a file.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Files(error) => error.is_usage(),
            Self::Tag { .. } | Self::Arch { .. } => true,
            _ => false,
        }
    }

    /// Whether files and command line are right, and the image could not be written all the same.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Files(error) => error.is_failure(),
            Self::Changed { .. } | Self::Document(_) | Self::NoSuchMachine { .. } => true,
            _ => false,
        }
    }

    /// What to do about the error, where something general can be said: one line, to stand below
    /// the message.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Files(error) => return error.hint(),
            Self::Plugin(LoadError::NoHandler { available, .. }) => {
                format!("name one of them: `--handler {}`", available.first()?)
            }
            Self::Plugin(error) => return error.hint(),
            Self::Shim(_) | Self::NotShim { .. } => {
                "leave --shim out to pack this very program, or build it: \
                 `cargo build --release --bin shim -p shim`"
                    .to_owned()
            }
            Self::Abi { .. } => {
                "build both with one version of shim: `plugin-api` of that version \
                                 in the plugin's Cargo.toml"
                    .to_owned()
            }
            Self::Glibc { .. } => {
                "make the image where that glibc is, or leave --shim out".to_owned()
            }
            Self::Arch { asked, .. } => format!(
                "run the same command on {}, or in a container of that platform: \
                 `docker run --platform linux/{} …`",
                asked.machine(),
                super::document::go_arch(*asked)
            ),
            Self::Machine { arch, .. } => format!(
                "build it with `cargo build --release --bin shim -p shim --target {}`",
                arch.triple()
            ),
            Self::MissingLibrary { library, .. } => format!(
                "install it, or name its folder: `LD_LIBRARY_PATH=FOLDER shim image …`; \
                 `ldconfig -p | grep {library}` says where it is"
            ),
            Self::PluginName { .. } => "give the file a plain name".to_owned(),
            Self::Tag { .. } => "such as `orders`, `orders:1.2` or \
                                 `registry.example.com:5000/team/orders:1.2`"
                .to_owned(),
            Self::NoCertificates { .. } => {
                "name a bundle in PEM: `--ca /etc/ssl/certs/ca-certificates.crt`".to_owned()
            }
            Self::TooLarge { .. } => {
                "strip the plugin (`strip = true` in [profile.release]); put large files elsewhere"
                    .to_owned()
            }
            Self::NoSuchMachine { .. }
            | Self::Library(_)
            | Self::Changed { .. }
            | Self::Document(_) => return None,
        };
        Some(hint)
    }
}
