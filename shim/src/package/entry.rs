//! The files of a package: where they come from, how they are called there, and their modes.

use std::fs::{self, FileType, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::PackageError;

/// The most files of a package: a zip with more has headers of another form.
pub(super) const MAX_ENTRIES: usize = 0xffff - 1;
/// The longest name in a package, in bytes.
const MAX_NAME: usize = 4096;

/// The mode of programs and libraries.
pub(super) const EXECUTABLE: u32 = 0o755;
const PLAIN: u32 = 0o644;

/// A file or a directory that was asked for beside the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// The name to pack it under; its own, if none is given.
    pub name: Option<String>,
    /// Where it is.
    pub path: PathBuf,
}

impl Include {
    /// Reads `[NAME=]PATH`.
    pub fn parse(text: &str) -> Self {
        match text.split_once('=') {
            Some((name, path)) => Self {
                name: Some(name.to_owned()),
                path: path.into(),
            },
            None => Self {
                name: None,
                path: text.into(),
            },
        }
    }
}

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name there: a relative path.
    pub name: String,
    /// Where its contents are.
    pub source: PathBuf,
    /// Its mode there: 0755 or 0644.
    pub mode: u32,
    /// Its size in bytes when it was looked at.
    pub size: u64,
    /// The file system's own name for it: device and number.
    pub(super) identity: (u64, u64),
}

impl Entry {
    /// A program or a library. Links are followed: the contents are meant.
    pub(super) fn program(name: &str, path: &Path) -> Result<Self, PackageError> {
        let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        Self::of(name.to_owned(), path, &metadata, EXECUTABLE)
    }

    fn of(name: String, path: &Path, file: &Metadata, mode: u32) -> Result<Self, PackageError> {
        check_name(&name, path)?;
        Ok(Self {
            name,
            source: path.to_owned(),
            mode,
            size: file.len(),
            identity: (file.dev(), file.ino()),
        })
    }
}

/// All files of what is to be included: a file itself, or those below a directory. Directories
/// without files are left out.
///
/// A program keeps its owner's right to run it; everything else of its mode is left behind.
pub(super) fn included(include: &Include, found: &mut Vec<Entry>) -> Result<(), PackageError> {
    let name = match &include.name {
        Some(name) => name.trim_end_matches('/').to_owned(),
        None => own_name(&include.path)?,
    };
    check_name(&name, &include.path)?;
    let mut rest = vec![(name, plain(&include.path))];
    while let Some((name, path)) = rest.pop() {
        let metadata = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(PackageError::NotFound { path });
            }
            metadata => metadata.map_err(|error| unreadable(&path, &error))?,
        };
        if metadata.is_dir() {
            for child in children(&path)? {
                rest.push((format!("{name}/{}", own_name(&child)?), child));
            }
        } else if metadata.is_file() {
            if found.len() >= MAX_ENTRIES {
                return Err(PackageError::TooMany { limit: MAX_ENTRIES });
            }
            let runs = metadata.permissions().mode() & 0o100 != 0;
            let mode = if runs { EXECUTABLE } else { PLAIN };
            found.push(Entry::of(name, &path, &metadata, mode)?);
        } else if metadata.is_symlink() {
            return Err(PackageError::Link { path });
        } else {
            let found = kind(metadata.file_type());
            return Err(PackageError::Special { path, found });
        }
    }
    Ok(())
}

/// Without a slash at the end, which would make a link be followed.
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

fn children(directory: &Path) -> Result<Vec<PathBuf>, PackageError> {
    let failed = |error| unreadable(directory, &error);
    let entries = fs::read_dir(directory).map_err(failed)?;
    let mut children = Vec::new();
    for entry in entries {
        if children.len() > MAX_ENTRIES {
            return Err(PackageError::TooMany { limit: MAX_ENTRIES });
        }
        children.push(entry.map_err(failed)?.path());
    }
    Ok(children)
}

/// The last part of a path, as text.
pub(super) fn own_name(path: &Path) -> Result<String, PackageError> {
    let Some(name) = path.file_name() else {
        let path = path.to_owned();
        return Err(PackageError::NoName { path });
    };
    let Some(name) = name.to_str() else {
        return Err(PackageError::BadName {
            path: path.to_owned(),
            name: name.to_string_lossy().into_owned(),
            reason: "it is not UTF-8",
        });
    };
    Ok(name.to_owned())
}

/// Refuses names that lead out of the package, or that programs unpack in different ways.
fn check_name(name: &str, path: &Path) -> Result<(), PackageError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > MAX_NAME {
        "it is longer than 4096 bytes"
    } else if name.starts_with('/') {
        "it is absolute"
    } else if name.split('/').any(|part| part == "..") {
        "it leads out of the package"
    } else if name.split('/').any(|part| part.is_empty() || part == ".") {
        "it has an empty part"
    } else if name.contains('\\') || name.contains(char::is_control) {
        "it has a backslash or a control character"
    } else {
        return Ok(());
    };
    Err(PackageError::BadName {
        path: path.to_owned(),
        name: name.to_owned(),
        reason,
    })
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> PackageError {
    PackageError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn kind(file: FileType) -> &'static str {
    if file.is_fifo() {
        "a pipe"
    } else if file.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

/// Brings the entries in order; refuses two of one name, and a file where others have a directory.
pub(super) fn in_order(mut entries: Vec<Entry>) -> Result<Vec<Entry>, PackageError> {
    entries.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.source.cmp(&b.source)));
    let duplicate = |name: &str, first: &Entry, second: &Entry| PackageError::Duplicate {
        name: name.to_owned(),
        first: first.source.clone(),
        second: second.source.clone(),
    };
    if let Some(pair) = entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(duplicate(&pair[0].name, &pair[0], &pair[1]));
    }
    for entry in &entries {
        for (at, _) in entry.name.match_indices('/') {
            let above = &entry.name[..at];
            if let Ok(file) = entries.binary_search_by(|other| other.name.as_str().cmp(above)) {
                return Err(duplicate(above, &entries[file], entry));
            }
        }
    }
    Ok(entries)
}
