//! Lines as datagrams to a daemon's socket.
//!
//! The writer's thread sends. It waits a moment for a daemon that is busy or restarting; when that
//! does not help it says so on stderr, once, and lines are lost (and counted) until the daemon is
//! there again.

use std::io::{self, ErrorKind};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::frame::split;
use super::sink::{Sink, complain};

/// How long to wait for a daemon that takes nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often to look whether a daemon that was gone is back.
const RETRY: Duration = Duration::from_millis(20);

/// A daemon's socket.
pub(super) struct Daemon {
    path: PathBuf,
    socket: Option<UnixDatagram>,
    patience: Duration,
    /// The last datagram was not taken, and stderr knows.
    lost: bool,
    complain: Complain,
}

type Complain = Box<dyn FnMut(&str) + Send>;

impl Daemon {
    /// Connects.
    ///
    /// # Errors
    ///
    /// When nobody listens at `path`.
    pub(super) fn connect(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            socket: Some(connect(path, PATIENCE)?),
            patience: PATIENCE,
            lost: false,
            complain: Box::new(complain),
        })
    }

    /// Sends one datagram. A daemon that has left gets some time to come back, unless it was given
    /// up already; for one that is busy the socket itself waits.
    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        let began = Instant::now();
        loop {
            let result = self.try_send(datagram);
            let patient = self.socket.is_none() && !self.lost && began.elapsed() < self.patience;
            if result.is_ok() || !patient {
                return result;
            }
            std::thread::sleep(RETRY);
        }
    }

    fn try_send(&mut self, datagram: &[u8]) -> io::Result<()> {
        if let Some(socket) = &self.socket {
            match socket.send(datagram) {
                Err(error) if has_left(&error) => self.socket = None,
                result => return result.map(drop),
            }
        }
        let socket = self.socket.insert(connect(&self.path, self.patience)?);
        socket.send(datagram).map(drop)
    }

    fn trouble(&mut self, error: &io::Error) {
        if !self.lost {
            let path = self.path.display();
            (self.complain)(&format!("log lines get lost, {path} takes none: {error}"));
        }
        self.lost = true;
    }
}

impl Sink for Daemon {
    fn write(&mut self, chunk: &[u8]) -> u64 {
        let (mut rest, mut failed) = (chunk, 0);
        while let Some((datagram, more)) = split(rest) {
            rest = more;
            match self.send(datagram) {
                Ok(()) => self.lost = false,
                Err(error) if Errno::from_io_error(&error) == Some(Errno::MSGSIZE) => failed += 1,
                Err(error) => {
                    self.trouble(&error);
                    failed += 1;
                    // The others would have to wait as long, for nothing.
                    while let Some((_, more)) = split(rest) {
                        rest = more;
                        failed += 1;
                    }
                }
            }
        }
        failed
    }
}

fn connect(path: &Path, patience: Duration) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect(path)?;
    socket.set_write_timeout(Some(patience))?;
    Ok(socket)
}

/// The daemon closed its socket, and may have opened another one.
fn has_left(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, NotConnected};
    matches!(
        error.kind(),
        BrokenPipe | ConnectionRefused | ConnectionReset | NotConnected
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;
    use std::time::Duration;

    use super::super::frame::{close, open};
    use super::super::sink::Sink;
    use super::Daemon;

    fn chunk(datagrams: &[&str]) -> Vec<u8> {
        let mut chunk = Vec::new();
        for datagram in datagrams {
            let mut one = Vec::new();
            open(&mut one);
            one.extend_from_slice(datagram.as_bytes());
            close(&mut one);
            chunk.extend_from_slice(&one);
        }
        chunk
    }

    fn next(socket: &UnixDatagram) -> String {
        let mut datagram = [0; 100];
        let length = socket.recv(&mut datagram).unwrap();
        String::from_utf8(datagram[..length].to_vec()).unwrap()
    }

    #[test]
    fn each_line_is_a_datagram_and_a_restarted_daemon_misses_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let first = UnixDatagram::bind(&path).unwrap();
        let mut daemon = Daemon::connect(&path).unwrap();
        assert_eq!(daemon.write(&chunk(&["one", "", "two"])), 0);
        assert_eq!(
            [next(&first), next(&first), next(&first)],
            ["one", "", "two"]
        );

        drop(first);
        std::fs::remove_file(&path).unwrap();
        let second = UnixDatagram::bind(&path).unwrap();
        assert_eq!(daemon.write(&chunk(&["three"])), 0);
        assert_eq!(next(&second), "three");
    }

    #[test]
    fn a_daemon_that_is_gone_or_busy_costs_lines_and_stderr_hears_of_it_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let first = UnixDatagram::bind(&path).unwrap();
        let mut daemon = Daemon::connect(&path).unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        daemon.complain = Box::new(move |what| tell.send(what.to_owned()).unwrap());
        daemon.patience = Duration::from_millis(1);

        drop(first);
        assert_eq!(daemon.write(&chunk(&["one", "two", "three"])), 3);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(daemon.write(&chunk(&["four"])), 1);
        let first_outage: Vec<_> = told.try_iter().collect();
        assert_eq!(first_outage.len(), 1);
        assert!(first_outage[0].starts_with("log lines get lost, /"));

        let second = UnixDatagram::bind(&path).unwrap();
        assert_eq!(daemon.write(&chunk(&["five"])), 0);
        assert_eq!(next(&second), "five");
        // Nobody reads: at some time the daemon's queue is full.
        let mut sent = 0;
        while daemon.write(&chunk(&["more"])) == 0 {
            sent += 1;
        }
        assert_eq!(told.try_iter().count(), 1);
        (0..sent).for_each(|_| assert_eq!(next(&second), "more"));
        assert_eq!(daemon.write(&chunk(&["last"])), 0);
    }

    #[test]
    fn a_datagram_too_large_for_the_system_is_lost_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let socket = UnixDatagram::bind(&path).unwrap();
        let mut daemon = Daemon::connect(&path).unwrap();
        let large = "x".repeat(8 * 1024 * 1024);
        assert_eq!(daemon.write(&chunk(&[&large, "small"])), 1);
        assert_eq!(next(&socket), "small");
    }
}
