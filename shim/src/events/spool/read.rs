//! Taking up what is in a spool directory.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tracing::{error, info};

use super::super::TARGET;
use super::super::event::Entry;
use super::super::queue::{Queue, Source};
use super::{DAMAGED, PREFIX, SUFFIX, SpoolError, TEMPORARY, TakenUp, blocking, line};

/// The longest line that is read whole, in bytes: a record of 7 MiB in base64 with an error of
/// 6 MiB fits. What is beyond it is damaged.
const MAX_LINE: u64 = 32 * 1024 * 1024;

/// What one file holds. It is locked as long as this lives.
struct Contents {
    #[expect(dead_code, reason = "held for its lock")]
    file: File,
    entries: Vec<(Entry, Duration)>,
    damaged: usize,
}

/// Puts the events of all files in `directory` into `queue`, older files first, and removes the
/// files. None, if there is no such directory.
pub(in super::super) async fn take_up<Q: Queue>(
    directory: &Path,
    queue: &Q,
) -> Result<TakenUp, SpoolError> {
    let mut all = TakenUp::default();
    for path in blocking("read", directory.to_owned(), files).await? {
        let contents = match blocking("take up", path.clone(), read).await {
            Ok(Some(contents)) => contents,
            // Somebody else's.
            Ok(None) => continue,
            Err(error) => {
                error!(target: TARGET, "{error}; the file stays");
                continue;
            }
        };
        let taken = TakenUp {
            events: contents.entries.len(),
            damaged: contents.damaged,
        };
        for (entry, delay) in contents.entries {
            // A queue takes these whatever it holds.
            if let Err(error) = queue.push(entry, delay, Source::Spool).await {
                error!(target: TARGET, %error, "a spooled event is lost");
            }
        }
        if let Err(error) = blocking("remove", path.clone(), remove).await {
            error!(target: TARGET, "{error}; its events will be run again after the next start");
        }
        all.events += taken.events;
        all.damaged += taken.damaged;
        let (events, file) = (taken.events, path.display());
        info!(target: TARGET, events, %file, "spooled events taken up");
        if taken.damaged > 0 {
            let lines = taken.damaged;
            error!(target: TARGET, lines, kept = %damaged(&path).display(), "damaged lines in a spool file");
        }
    }
    Ok(all)
}

/// The spool files, in the order of their names, which begin with their times.
fn files(directory: &Path) -> Result<Vec<PathBuf>, SpoolError> {
    let wrong = || SpoolError::new("read", directory);
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(wrong())?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(wrong())?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let name = name.strip_suffix(TEMPORARY).unwrap_or(&name);
        if name.starts_with(PREFIX) && name.ends_with(SUFFIX) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

fn remove(path: &Path) -> Result<(), SpoolError> {
    fs::remove_file(path).map_err(SpoolError::new("remove", path))
}

/// What the file holds; its damaged lines are on the disk elsewhere already. `None` if another
/// process has it, or had it.
fn read(path: &Path) -> Result<Option<Contents>, SpoolError> {
    read_file(path).map_err(SpoolError::new("take up", path))
}

fn read_file(path: &Path) -> io::Result<Option<Contents>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // Removed between opening and locking.
    if file.metadata()?.nlink() == 0 {
        return Ok(None);
    }
    let now = SystemTime::now();
    let (mut entries, mut damaged) = (Vec::new(), Damaged::new(path));
    let mut lines = BufReader::new(&file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut limited = io::Read::take(&mut lines, MAX_LINE);
        if limited.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        match line::parse(&line, now) {
            Some(entry) => entries.push(entry),
            None => damaged.keep(&line)?,
        }
    }
    let damaged = damaged.finish()?;
    Ok(Some(Contents {
        file,
        entries,
        damaged,
    }))
}

/// Lines that are no events, kept for whoever wants to look at them.
struct Damaged {
    path: PathBuf,
    file: Option<File>,
    lines: usize,
}

impl Damaged {
    fn new(path: &Path) -> Self {
        Self {
            path: damaged(path),
            file: None,
            lines: 0,
        }
    }

    fn keep(&mut self, line: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let mut options = OpenOptions::new();
                let options = options.create(true).append(true).mode(0o600);
                none.insert(options.open(&self.path)?)
            }
        };
        self.lines += 1;
        file.write_all(line)?;
        if line.ends_with(b"\n") {
            return Ok(());
        }
        file.write_all(b"\n")
    }

    /// How many there are; they are on the disk.
    fn finish(self) -> io::Result<usize> {
        self.file.map_or(Ok(()), |file| file.sync_all())?;
        Ok(self.lines)
    }
}

/// Where the damaged lines of a spool file are kept.
fn damaged(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(DAMAGED);
    name.into()
}
