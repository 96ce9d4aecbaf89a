//! How far the process is, told to systemd or whoever supervises it: sd_notify(3).
//!
//! Each state is one datagram to the socket that `NOTIFY_SOCKET` names; without that variable nobody
//! is told.

use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::config::Environment;

/// How long a supervisor may take to make room for a datagram.
const PATIENCE: Duration = Duration::from_secs(1);

/// Most bytes of a status; the rest is cut.
const MAX_STATUS: usize = 500;

/// The supervisor, if there is one. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Notify(Option<Arc<SocketAddr>>);

impl Notify {
    /// The one that `NOTIFY_SOCKET` names: the path of a Unix socket, or `@NAME` for an abstract
    /// one. Anything else is told in the log, and ignored.
    pub(super) fn of(environment: &Environment) -> Self {
        let Some(name) = environment.get("NOTIFY_SOCKET") else {
            return Self::default();
        };
        let bytes = name.as_encoded_bytes();
        let address = match bytes {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
            [b'/', ..] => SocketAddr::from_pathname(name),
            _ => Err(io::Error::other(
                "expected the path of a Unix socket, or @NAME",
            )),
        };
        match address {
            Ok(address) => Self(Some(Arc::new(address))),
            Err(error) => {
                let name = name.display();
                tracing::warn!("nobody is told of the state: NOTIFY_SOCKET={name}: {error}");
                Self::default()
            }
        }
    }

    /// It serves, and does so since a start or a reload.
    pub(super) async fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={}", one_line(status)))
            .await;
    }

    /// A reload begins; it ends with [`ready`](Self::ready).
    pub(super) async fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1000;
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"))
            .await;
    }

    /// The end has begun: requests drain.
    pub(super) async fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=stopping: requests in flight finish")
            .await;
    }

    /// What cannot be told is no reason to fail.
    async fn tell(&self, state: &str) {
        let Some(address) = &self.0 else {
            return;
        };
        let sent = tokio::time::timeout(PATIENCE, send(address, state)).await;
        let sent = sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if let Err(error) = sent {
            tracing::warn!(%error, "cannot tell the state to NOTIFY_SOCKET");
        }
    }
}

async fn send(address: &SocketAddr, state: &str) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(address)?;
    socket.set_nonblocking(true)?;
    let socket = tokio::net::UnixDatagram::from_std(socket)?;
    socket.send(state.as_bytes()).await.map(drop)
}

/// A status is one line.
fn one_line(text: &str) -> String {
    let fits = |(start, char): &(usize, char)| start + char.len_utf8() <= MAX_STATUS;
    let chars = text.char_indices().take_while(fits).map(|(_, char)| char);
    let visible = |char: char| if char.is_control() { ' ' } else { char };
    chars.map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::{MAX_STATUS, Notify, one_line};
    use crate::config::Environment;

    fn of(name: &str) -> Notify {
        let variable = ("NOTIFY_SOCKET".to_owned(), name.into());
        Notify::of(&Environment::from_iter([variable]))
    }

    #[test]
    fn a_status_is_one_short_line() {
        assert_eq!(one_line("a\nREADY=0\r\tb"), "a READY=0  b");
        let long = "ä".repeat(MAX_STATUS);
        assert_eq!(one_line(&long).len(), MAX_STATUS);
    }

    #[test]
    fn only_unix_sockets_are_told() {
        assert!(of("/run/notify").0.is_some());
        assert!(of("@abstract").0.is_some());
        for wrong in ["", "vsock:2:1234", "relative/path"] {
            assert!(of(wrong).0.is_none(), "{wrong}");
        }
        let too_long = format!("/{}", "a".repeat(200));
        assert!(of(&too_long).0.is_none());
    }
}
