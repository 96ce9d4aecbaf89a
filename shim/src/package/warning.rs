//! What may be wrong with a package, and does not keep it from being written.

use std::fmt;
use std::path::{Path, PathBuf};

use super::target::TargetOs;

/// Something to think about before the package is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// It comes from cargo's directory for debug builds.
    DebugBuild(PathBuf),
    /// It has debug information, of so many bytes.
    DebugInformation(PathBuf, u64),
    /// It has a symbol table, of so many bytes.
    Symbols(PathBuf, u64),
    /// It needs a library that is not promised to stay.
    LibraryByChance {
        /// Which file.
        path: PathBuf,
        /// Which library.
        library: String,
        /// Where it is to run.
        os: TargetOs,
    },
    /// The system is not supported any more.
    OldSystem(TargetOs),
}

impl Warning {
    /// What stripping the file at `path` would save.
    pub(super) fn of_symbols(path: &Path, symbols: u64, debug: u64) -> Vec<Self> {
        let mut above = path.ancestors().skip(1).filter_map(Path::file_name);
        let mut directory = above.next();
        if directory.is_some_and(|name| name == "deps") {
            // Where cargo puts dependencies.
            directory = above.next();
        }
        let mut warnings = Vec::new();
        if directory.is_some_and(|name| name == "debug") {
            warnings.push(Self::DebugBuild(path.to_owned()));
        }
        if debug > 0 {
            warnings.push(Self::DebugInformation(path.to_owned(), debug));
        } else if symbols > 0 {
            warnings.push(Self::Symbols(path.to_owned(), symbols));
        }
        warnings
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DebugBuild(path) => write!(
                f,
                "{} is a debug build, large and slow; build it with `--release`",
                path.display()
            ),
            Self::DebugInformation(path, size) => write!(
                f,
                "{0} has debug information, {size} bytes unpacked; `strip --strip-debug {0}` takes \
                 it out, and stack traces keep their names",
                path.display()
            ),
            Self::Symbols(path, size) => write!(
                f,
                "{0} is not stripped: its symbol table has {size} bytes unpacked; `strip {0}` takes \
                 it out, and the names from stack traces",
                path.display()
            ),
            Self::LibraryByChance { path, library, os } => write!(
                f,
                "{} needs {library}, which {} has for tools of its own; pack the version that you \
                 tested: `--include lib/{library}=PATH`",
                path.display(),
                os.runtime()
            ),
            Self::OldSystem(os) => write!(
                f,
                "{} is deprecated: AWS's table of runtimes says until when functions can be created \
                 and updated; `--target-os {}` is the next",
                os.runtime(),
                TargetOs::Al2023.word()
            ),
        }
    }
}
