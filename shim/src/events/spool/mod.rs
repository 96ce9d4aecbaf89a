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

/// What was written.
#[derive(Debug)]
pub(super) struct Spooled {
    /// Where it is, if anything was.
    pub(super) file: Option<PathBuf>,
    /// How many events are there: the first ones.
    pub(super) events: usize,
    /// Why not all of them.
    pub(super) error: Option<SpoolError>,
}

/// Writes events to a new file in `directory`, which is made if there is none; as many as there is
/// room for. They are on the disk when this returns.
pub(super) async fn write(directory: &Path, rest: Arc<Vec<(Entry, Duration)>>) -> Spooled {
    let directory = directory.to_owned();
    let written = blocking("write", directory, move |directory| {
        let now = SystemTime::now();
        let millis = now.duration_since(SystemTime::UNIX_EPOCH);
        let millis = millis.unwrap_or_default().as_millis();
        let name = format!("{PREFIX}{millis:013}-{}{SUFFIX}", std::process::id());
        let path = directory.join(&name);
        let temporary = directory.join(name + TEMPORARY);
        let (events, written) = write_file(directory, &temporary, &path, &rest, now);
        Ok(Spooled {
            file: (events > 0).then(|| path.clone()),
            events,
            error: written.err().map(SpoolError::new("write", &path)),
        })
    });
    written.await.unwrap_or_else(|error| Spooled {
        file: None,
        events: 0,
        error: Some(error),
    })
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
) -> (usize, io::Result<()>) {
    let created = make(directory).and_then(|()| {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600);
        let file = file.open(temporary)?;
        file.lock()?;
        Ok(file)
    });
    let file = match created {
        Ok(file) => file,
        Err(error) => return (0, Err(error)),
    };
    let mut ends = Vec::with_capacity(rest.len());
    let written = write_lines(&file, rest, now, &mut ends);
    let kept = keep_whole(&file, &ends).and_then(|events| {
        file.sync_all()?;
        match events {
            0 => fs::remove_file(temporary)?,
            _ => fs::rename(temporary, path)?,
        }
        File::open(directory)?.sync_all()?;
        Ok(events)
    });
    match kept {
        Ok(events) => (events, written),
        // What stays under the temporary name is not counted on.
        Err(error) => (0, written.and(Err(error))),
    }
}

/// Writes all lines, and notes where each ends.
fn write_lines(
    file: &File,
    rest: &[(Entry, Duration)],
    now: SystemTime,
    ends: &mut Vec<u64>,
) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    let mut end = 0;
    for (entry, delay) in rest {
        let line = line::write(entry, *delay, now)?;
        end += line.len() as u64 + 1;
        ends.push(end);
        out.write_all(&line)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// How many lines are in the file; the beginning of another one goes.
fn keep_whole(file: &File, ends: &[u64]) -> io::Result<usize> {
    let length = file.metadata()?.len();
    let whole = ends.partition_point(|end| *end <= length);
    let end = whole.checked_sub(1).and_then(|last| ends.get(last));
    file.set_len(end.copied().unwrap_or(0))?;
    Ok(whole)
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

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::keep_whole;

    /// What a full disk leaves: as many lines as are whole.
    #[test]
    fn the_beginning_of_a_line_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events");
        let ends = [6, 13, 19];
        for (found, kept) in [
            ("", ""),
            ("fir", ""),
            ("first\n", "first\n"),
            ("first\nsecond", "first\n"),
            ("first\nsecond\nth", "first\nsecond\n"),
        ] {
            fs::write(&path, found).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            let count = keep_whole(&file, &ends).unwrap();
            assert_eq!(count, kept.lines().count(), "{found:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), kept, "{found:?}");
        }
    }
}
