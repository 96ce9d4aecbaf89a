//! What the kernel tells of a thread: whether it computes, sleeps, or waits for a core.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

/// Two files of a thread, kept open: each look then is one system call.
#[derive(Debug)]
pub(super) struct Told {
    stat: File,
    schedstat: File,
}

impl Told {
    /// Of the calling thread; `None` where the system does not tell.
    pub(super) fn of_this_thread() -> Option<Self> {
        let told = Self {
            stat: File::open("/proc/thread-self/stat").ok()?,
            schedstat: File::open("/proc/thread-self/schedstat").ok()?,
        };
        told.ran()?;
        told.sleeps()?;
        Some(told)
    }

    /// How long it has had a core so far, as it was known at the scheduler's last tick: up to 10 ms
    /// ago. `None`: the thread has ended.
    pub(super) fn ran(&self) -> Option<Duration> {
        let nanos = first(&self.schedstat, |text| text.split(' ').next()?.parse().ok())?;
        Some(Duration::from_nanos(nanos))
    }

    /// Whether it waits for something else than a core. `None`: the thread has ended.
    pub(super) fn sleeps(&self) -> Option<bool> {
        // Its name stands before it, in parentheses, and may hold some.
        first(&self.stat, |text| {
            let (_, state) = text.rsplit_once(") ")?;
            Some(!state.starts_with('R'))
        })
    }
}

/// Reads the beginning of a file.
fn first<T>(file: &File, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    let mut text = [0; 64];
    let length = file.read_at(&mut text, 0).ok()?;
    read(str::from_utf8(&text[..length]).ok()?)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread;
    use std::time::{Duration, Instant};

    use super::Told;

    /// What is told of a thread while it does `work`, which gets the means to learn when to end.
    fn of(work: impl FnOnce(Receiver<()>) + Send + 'static) -> (Told, Sender<()>) {
        let (end, ended) = channel();
        let (tell, told) = channel();
        thread::spawn(move || {
            tell.send(Told::of_this_thread().unwrap()).unwrap();
            work(ended);
        });
        (told.recv().unwrap(), end)
    }

    fn soon(what: impl Fn() -> bool) {
        let begun = Instant::now();
        while !what() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "it does not come"
            );
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn one_that_waits_sleeps() {
        let (told, end) = of(|ended| assert!(ended.recv().is_err()));
        soon(|| told.sleeps() == Some(true));
        drop(end);
        soon(|| told.sleeps().is_none() && told.ran().is_none());
    }

    #[test]
    fn one_that_computes_runs() {
        let (told, end) = of(|ended| {
            while ended
                .try_recv()
                .is_err_and(|error| error == std::sync::mpsc::TryRecvError::Empty)
            {}
        });
        assert_eq!(told.sleeps(), Some(false));
        soon(|| told.ran() > Some(Duration::from_millis(20)));
        drop(end);
    }
}
