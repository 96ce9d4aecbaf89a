//! From a plugin to the zip that AWS Lambda runs, and to a container [`image`].
//!
//! * [`Request`]: what is asked for; [`plan`] turns it into a [`Plan`], or says what would fail
//! * `entry`: the files of a package, their names and modes
//! * `elf`: whether programs and libraries run where the package goes; `target`, `system_libraries`:
//!   what is there
//! * `archive`: the zip's bytes; `output`: its file, whole or not at all
//!
//! The same files make the same zip, byte for byte: entries are in the order of their names, their
//! times are 1980-01-01, their modes 0755 or 0644, and nothing else of the machine gets in.

mod archive;
mod elf;
mod entry;
mod error;
pub mod image;
mod output;
mod plan;
mod system_libraries;
mod target;
#[cfg(test)]
mod tests;
mod warning;

pub use archive::{Effort, Packed, unpack};
pub use entry::{Entry, Include};
pub use error::{PackageError, Role};
pub use plan::{Plan, Request, plan};
pub use target::{Arch, MAX_DIRECT, MAX_UNPACKED, TargetOs};
pub use warning::Warning;

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// A zip that was written.
#[derive(Debug, Clone)]
pub struct Package {
    /// Where it is.
    pub output: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256 in base64: what Lambda calls `CodeSha256`.
    pub sha256: String,
    /// What it holds, in the order of the names.
    pub entries: Vec<Packed>,
}

impl Package {
    /// The size of all files unpacked, in bytes.
    pub fn unpacked(&self) -> u64 {
        self.entries.iter().map(|entry| entry.size).sum()
    }
}

/// Writes what is planned. `progress` is told the bytes that were packed since it was last told.
///
/// Until the whole zip is on the disk the output stays as it was. Blocking. The zip is made in
/// memory: up to [`MAX_UNPACKED`] bytes and what its headers take.
///
/// # Errors
/// A file cannot be read any more, or has grown beyond the limit; the output cannot be written.
pub fn write(
    plan: &Plan,
    effort: Effort,
    progress: &mut dyn FnMut(u64),
) -> Result<Package, PackageError> {
    let (bytes, entries) = archive::pack(&plan.entries, effort, progress)?;
    output::publish(&plan.output, &bytes)?;
    Ok(Package {
        output: plan.output.clone(),
        size: bytes.len() as u64,
        sha256: STANDARD.encode(Sha256::digest(&bytes)),
        entries,
    })
}
