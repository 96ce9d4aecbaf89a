//! Files that carry events from one process to the next: `events-….jsonl`, one event a line.
//!
//! A file is written under a temporary name, synced and renamed. One that a killed process left
//! under its temporary name holds whole lines too, and they are taken up as well. A file that is
//! being written or taken up is locked, so that processes may share a directory.

mod line;
mod read;

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::event::Entry;
pub(super) use read::take_up;

const PREFIX: &str = "events-";
const SUFFIX: &str = ".jsonl";
/// Of a file that is not whole yet; comes after [`SUFFIX`].
const TEMPORARY: &str = ".tmp";
/// Of a file with lines that could not be read; comes last.
const DAMAGED: &str = ".damaged";

/// Why the spool directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`: {source}", path.display())]
pub struct SpoolError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl SpoolError {
    fn new(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self {
            action,
            path,
            source,
        }
    }
}

/// What was found in a spool directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakenUp {
    /// How many events are in the queue now.
    pub events: usize,
    /// How many lines were not events: they are kept in files whose names end with `.damaged`.
    pub damaged: usize,
}

/// Writes events to a new file in `directory`, which is made if there is none. They are on the disk
/// when this returns.
pub(super) async fn write(
    directory: &Path,
    rest: Arc<Vec<(Entry, Duration)>>,
) -> Result<PathBuf, SpoolError> {
    let directory = directory.to_owned();
    blocking("write", directory, move |directory| {
        let now = SystemTime::now();
        let millis = now.duration_since(SystemTime::UNIX_EPOCH);
        let millis = millis.unwrap_or_default().as_millis();
        let name = format!("{PREFIX}{millis:013}-{}{SUFFIX}", std::process::id());
        let path = directory.join(&name);
        let temporary = directory.join(name + TEMPORARY);
        write_file(directory, &temporary, &path, &rest, now)
            .map_err(SpoolError::new("write", &path))?;
        Ok(path)
    })
    .await
}

/// Makes the directory and writes to it, so that a wrong one is known at the start and not at the end.
pub(super) async fn prepare(directory: &Path) -> Result<(), SpoolError> {
    blocking("write to", directory.to_owned(), |directory| {
        let probe = directory.join(format!(".{}.probe", std::process::id()));
        let written = make(directory).and_then(|()| {
            fs::write(&probe, b"")?;
            fs::remove_file(&probe)
        });
        written.map_err(SpoolError::new("write to", directory))
    })
    .await
}

/// Events may hold anything: the directory is its owner's only.
fn make(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(directory)
}

fn write_file(
    directory: &Path,
    temporary: &Path,
    path: &Path,
    rest: &[(Entry, Duration)],
    now: SystemTime,
) -> io::Result<()> {
    make(directory)?;
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600);
    let file = file.open(temporary)?;
    file.lock()?;
    let mut out = BufWriter::new(&file);
    for (entry, delay) in rest {
        out.write_all(&line::write(entry, *delay, now)?)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    drop(out);
    file.sync_all()?;
    fs::rename(temporary, path)?;
    File::open(directory)?.sync_all()
}

/// Runs what may block on a thread that may wait.
async fn blocking<T: Send + 'static>(
    action: &'static str,
    path: PathBuf,
    work: impl FnOnce(&Path) -> Result<T, SpoolError> + Send + 'static,
) -> Result<T, SpoolError> {
    let stopped = SpoolError::new(action, &path);
    tokio::task::spawn_blocking(move || work(&path))
        .await
        .unwrap_or_else(|error| Err(stopped(io::Error::other(error))))
}
