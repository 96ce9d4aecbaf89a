//! The bytes of the zip. The only place that knows the crate `zip`.

use std::fs::File;
use std::io::{Cursor, ErrorKind, Read as _, Write as _};
use std::path::Path;

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::entry::unreadable;
use super::{Entry, MAX_UNPACKED, PackageError};

/// How many bytes of a file are read at once.
const CHUNK: usize = 64 << 10;
/// How hard is looked for a smaller zip. The same effort makes the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effort {
    /// For a zip that is unpacked at once.
    Least,
    /// For a zip that is deployed.
    #[default]
    Most,
}

impl Effort {
    /// The level of deflate.
    fn level(self) -> i64 {
        match self {
            Self::Least => 1,
            Self::Most => 9,
        }
    }
}

/// One file of a zip that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Its name.
    pub name: String,
    /// Its mode: 0755 or 0644.
    pub mode: u32,
    /// Its size in bytes.
    pub size: u64,
    /// The bytes that it takes in the zip, without headers.
    pub packed: u64,
}

/// Packs the entries in the order in which they are.
pub(super) fn pack(
    entries: &[Entry],
    effort: Effort,
    progress: &mut dyn FnMut(u64),
) -> Result<(Vec<u8>, Vec<Packed>), PackageError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut left = MAX_UNPACKED;
    let mut chunk = vec![0; CHUNK];
    for entry in entries {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(effort.level()))
            // 1980-01-01, where the times of zips begin.
            .last_modified_time(DateTime::default())
            .unix_permissions(entry.mode);
        zip.start_file(&entry.name, options).map_err(archive)?;
        let failed = |error| unreadable(&entry.source, &error);
        let mut file = File::open(&entry.source).map_err(failed)?;
        loop {
            let len = match file.read(&mut chunk) {
                Ok(0) => break,
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(failed(error)),
            };
            // A file may have grown since it was looked at.
            left = left
                .checked_sub(len as u64)
                .ok_or_else(|| too_large(entries))?;
            zip.write_all(&chunk[..len])
                .map_err(|error| PackageError::Archive(error.to_string()))?;
            progress(len as u64);
        }
    }
    let mut archive_made = zip.finish_into_readable().map_err(archive)?;
    let mut packed = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let made = archive_made.by_index_raw(index).map_err(archive)?;
        packed.push(Packed {
            name: entry.name.clone(),
            mode: entry.mode,
            size: made.size(),
            packed: made.compressed_size(),
        });
    }
    Ok((archive_made.into_inner().into_inner(), packed))
}

/// Unpacks a zip into a folder, which need not be there. Blocking.
///
/// # Errors
/// It is no zip that can be read, or the folder cannot be written to.
pub fn unpack(zip: &Path, folder: &Path) -> Result<(), PackageError> {
    let file = File::open(zip).map_err(|error| unreadable(zip, &error))?;
    let mut zip = ZipArchive::new(file).map_err(archive)?;
    zip.extract(folder).map_err(archive)
}

fn archive(error: ZipError) -> PackageError {
    PackageError::Archive(error.to_string())
}

/// The error of a package with more bytes than Lambda unpacks.
pub(super) fn too_large(entries: &[Entry]) -> PackageError {
    let largest = entries.iter().max_by_key(|entry| entry.size);
    let largest = largest.map(|entry| format!("`{}` with {} bytes", entry.name, entry.size));
    PackageError::TooLarge {
        size: entries
            .iter()
            .fold(0, |sum, entry| sum.saturating_add(entry.size)),
        limit: MAX_UNPACKED,
        largest: largest.unwrap_or_default(),
    }
}
