//! From a path that someone typed to an open file.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::plugin::LoadError;

/// The most entries of a directory that are looked through for a plugin to suggest.
const MAX_ENTRIES: usize = 1000;

/// The file's canonical path, the open file and its size.
pub(super) fn open(typed: &Path) -> Result<(PathBuf, File, u64), LoadError> {
    let failed = |error: io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => LoadError::NotFound {
            path: std::path::absolute(typed).unwrap_or_else(|_| typed.to_owned()),
            similar: similar(typed),
        },
        _ => LoadError::Unreadable {
            path: typed.to_owned(),
            reason: error.to_string(),
        },
    };
    // The dynamic linker searches for names without a slash elsewhere, and takes a path that it
    // has seen before for the file that it has loaded: only canonical paths are good.
    let path = typed.canonicalize().map_err(failed)?;
    let metadata = path.metadata().map_err(failed)?;
    if metadata.is_dir() {
        let similar = plugin_in(&path);
        return Err(LoadError::Directory { path, similar });
    }
    if !metadata.is_file() {
        // Opening a pipe would wait for its other end.
        return Err(LoadError::Unreadable {
            path,
            reason: "it is a pipe, a socket or a device".to_owned(),
        });
    }
    let file = File::open(&path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    Ok((path, file, size))
}

/// A file that may be meant by `typed`: cargo writes `my-plugin` as `libmy_plugin.so`.
fn similar(typed: &Path) -> Option<PathBuf> {
    let name = typed.file_name()?.to_str()?;
    let stem = name.strip_suffix(".so").unwrap_or(name);
    let cargo = stem.replace('-', "_");
    [
        format!("{stem}.so"),
        format!("lib{stem}.so"),
        format!("lib{cargo}.so"),
    ]
    .map(|name| typed.with_file_name(name))
    .into_iter()
    .find(|path| path.is_file())
}

/// The first shared object in a directory.
fn plugin_in(directory: &Path) -> Option<PathBuf> {
    let entries = directory.read_dir().ok()?.take(MAX_ENTRIES).flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "so"))
        .min()
}
