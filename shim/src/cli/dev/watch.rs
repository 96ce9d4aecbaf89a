//! Which files matter, and when one of them changes.
//!
//! Folders are watched, not files: editors write a new file and rename it, after which a watched
//! file is another one.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

/// A save is over when nothing has changed for so long.
const QUIET: Duration = Duration::from_millis(15);
/// A save is taken to be over after this in any case.
const LONGEST: Duration = Duration::from_millis(50);
/// Room for the changes that are read at once, in bytes.
const BUFFER: usize = 16 * 1024;
/// Changes that were read and not looked at; the kernel keeps further ones.
const QUEUE: usize = 1024;

/// What matters in a folder.
const FLAGS: WatchFlags = WatchFlags::CLOSE_WRITE
    .union(WatchFlags::CREATE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::ONLYDIR);

/// Watches files.
pub(super) struct Watcher {
    inotify: Arc<OwnedFd>,
    events: mpsc::Receiver<io::Result<Event>>,
    folders: HashMap<i32, PathBuf>,
    watched: HashSet<PathBuf>,
    matter: Matter,
    /// Something has changed that nobody was told yet.
    pending: bool,
}

/// A change, as the kernel tells it.
struct Event {
    folder: i32,
    flags: ReadFlags,
    /// The file's name in the folder.
    name: Option<OsString>,
}

/// Which files matter. Paths are absolute.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Matter {
    /// These.
    pub(super) files: HashSet<PathBuf>,
    /// All in these folders and below: a new one may be what was missing.
    pub(super) trees: Vec<PathBuf>,
    /// The `.rs` in these folders.
    pub(super) sources: HashSet<PathBuf>,
}

impl Matter {
    fn has_tree(&self, folder: &Path) -> bool {
        self.trees.iter().any(|tree| folder.starts_with(tree))
    }

    /// Whether a change of this file is one of the sources.
    fn has(&self, folder: &Path, path: &Path) -> bool {
        if self.files.contains(path) {
            return true;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let of_an_editor = name.starts_with(['.', '#'])
            || name.ends_with(['~', '#'])
            || [".swp", ".swx", ".tmp", ".bak", ".orig"]
                .iter()
                .any(|end| name.ends_with(end))
            // vim, to see whether it may write.
            || name.bytes().all(|byte| byte.is_ascii_digit());
        if of_an_editor {
            return false;
        }
        self.has_tree(folder) || (name.ends_with(".rs") && self.sources.contains(folder))
    }
}

impl Watcher {
    /// Watches nothing yet.
    ///
    /// # Errors
    /// The system has no more watchers (`fs.inotify.max_user_instances`), or no thread.
    pub(super) fn new() -> io::Result<Self> {
        let inotify = Arc::new(inotify::init(CreateFlags::CLOEXEC)?);
        let (sender, events) = mpsc::channel(QUEUE);
        let read = inotify.clone();
        // It ends with the process, or with the next change after nobody listens any more.
        std::thread::Builder::new()
            .name("shim-watch".to_owned())
            .spawn(move || forward(&read, &sender))?;
        Ok(Self {
            inotify,
            events,
            folders: HashMap::new(),
            watched: HashSet::new(),
            matter: Matter::default(),
            pending: false,
        })
    }

    /// From now on these files matter. Folders that are not there are left out.
    ///
    /// # Errors
    /// The system watches no more folders (`fs.inotify.max_user_watches`).
    pub(super) fn watch(&mut self, matter: Matter) -> io::Result<()> {
        if self.matter == matter {
            return Ok(());
        }
        self.matter = matter;
        let mut folders: HashSet<PathBuf> = self.matter.sources.clone();
        let files = self.matter.files.iter();
        folders.extend(files.filter_map(|file| file.parent().map(Path::to_owned)));
        let trees = self.matter.trees.clone();
        // A tree that is not there yet may come.
        folders.extend(
            trees
                .iter()
                .filter_map(|tree| tree.parent().map(Path::to_owned)),
        );
        for folder in folders {
            self.add(&folder)?;
        }
        for tree in trees {
            self.add_tree(&tree)?;
        }
        Ok(())
    }

    fn add(&mut self, folder: &Path) -> io::Result<()> {
        if self.watched.contains(folder) {
            return Ok(());
        }
        match inotify::add_watch(&*self.inotify, folder, FLAGS) {
            Ok(id) => {
                self.folders.insert(id, folder.to_owned());
                self.watched.insert(folder.to_owned());
                Ok(())
            }
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether there is a file in it.
    fn add_tree(&mut self, folder: &Path) -> io::Result<bool> {
        // Before it is read: what comes later is told.
        self.add(folder)?;
        let mut any = false;
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            // Links to folders are not followed: they could lead around in a ring.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => any |= self.add_tree(&entry.path())?,
                _ => any = true,
            }
        }
        Ok(any)
    }

    /// Waits for a change of what matters. Nothing is lost if it is dropped in the middle.
    ///
    /// # Errors
    /// Changes cannot be read.
    pub(super) async fn changed(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.pending) {
            return Ok(());
        }
        while let Some(event) = self.events.recv().await {
            if self.note(event?)? {
                return Ok(());
            }
        }
        Err(io::Error::other("nobody reads them any more"))
    }

    /// Takes a change in; whether it matters.
    fn note(&mut self, event: Event) -> io::Result<bool> {
        let Event {
            folder,
            flags,
            name,
        } = event;
        if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            return Ok(true);
        }
        if flags.contains(ReadFlags::IGNORED) {
            // It is gone, and may come back.
            if let Some(folder) = self.folders.remove(&folder) {
                self.watched.remove(&folder);
            }
            return Ok(false);
        }
        let (Some(folder), Some(name)) = (self.folders.get(&folder).cloned(), name) else {
            return Ok(false);
        };
        let path = folder.join(name);
        if flags.contains(ReadFlags::ISDIR) {
            if !self.matter.has_tree(&path) {
                return Ok(false);
            }
            return match flags.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO) {
                true => self.add_tree(&path),
                false => Ok(true),
            };
        }
        // It is empty still; what is written into it comes with its end.
        let created = flags.contains(ReadFlags::CREATE)
            && std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.len() == 0);
        Ok(!created && self.matter.has(&folder, &path))
    }

    /// Forgets what has changed up to now in files of this name, which cargo itself writes while it
    /// builds. Other changes stay.
    ///
    /// # Errors
    /// As [`changed`](Self::changed).
    pub(super) fn forget(&mut self, name: &str) -> io::Result<()> {
        while let Ok(event) = self.events.try_recv() {
            let event = event?;
            let is_its = event.name.as_ref().is_some_and(|found| found == name);
            self.pending |= !is_its && self.note(event)?;
        }
        Ok(())
    }

    /// Waits until a save is over: editors and formatters write several files, or one several times.
    ///
    /// # Errors
    /// As [`changed`](Self::changed).
    pub(super) async fn settle(&mut self) -> io::Result<()> {
        let end = Instant::now() + LONGEST;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match timeout(left.min(QUIET), self.changed()).await {
                Ok(changed) => changed?,
                Err(_) => return Ok(()),
            }
            if left.is_zero() {
                return Ok(());
            }
        }
    }
}

/// Hands changes over, until nobody takes them.
fn forward(inotify: &OwnedFd, to: &mpsc::Sender<io::Result<Event>>) {
    let mut buffer = vec![MaybeUninit::uninit(); BUFFER];
    let mut reader = inotify::Reader::new(inotify, &mut buffer);
    loop {
        let event = match reader.next() {
            Ok(event) => Ok(Event {
                folder: event.wd(),
                flags: event.events(),
                name: event
                    .file_name()
                    .map(|name| OsString::from_vec(name.to_bytes().to_vec())),
            }),
            Err(Errno::INTR) => continue,
            Err(error) => Err(error.into()),
        };
        let failed = event.is_err();
        if to.blocking_send(event).is_err() || failed {
            return;
        }
    }
}
