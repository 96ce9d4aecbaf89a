//! Listening sockets that another process made and handed over.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::net::{AddressFamily, SocketType, sockopt};

use super::listener::Listener;

/// A listening stream socket from another process, not yet part of a runtime.
///
/// It is closed on `exec`, so no child of this process gets it, and does not block.
#[derive(Debug)]
pub struct Inherited {
    bound: Bound,
    address: Address,
}

#[derive(Debug)]
enum Bound {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// Where a socket listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// At this address and port.
    Tcp(SocketAddr),
    /// At this file; `None`: at a name that is no file's.
    Unix(Option<PathBuf>),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(Some(path)) => write!(f, "unix:{}", path.display()),
            Self::Unix(None) => f.write_str("unix"),
        }
    }
}

/// Why nothing can be served on a descriptor.
#[derive(Debug, thiserror::Error)]
pub enum InheritedError {
    /// A file, a pipe or the like.
    #[error("it is no socket; expected a listening stream socket (ListenStream=)")]
    NoSocket,
    /// A datagram socket or the like.
    #[error(
        "it is no stream socket; expected TCP or a Unix stream socket (ListenStream=, not \
         ListenDatagram= or ListenSequentialPacket=)"
    )]
    NoStream,
    /// Somebody's connection, or a socket on which nobody has called `listen`.
    #[error("it does not listen; expected a listening socket, not a connection (Accept=no)")]
    NotListening,
    /// Neither TCP nor Unix.
    #[error("it belongs to another address family than IPv4, IPv6 and Unix")]
    Family,
    /// The system would not tell, or not make it fit.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<Errno> for InheritedError {
    fn from(error: Errno) -> Self {
        match error {
            Errno::NOTSOCK => Self::NoSocket,
            error => Self::Io(error.into()),
        }
    }
}

impl Inherited {
    /// Takes a descriptor over, if it is a listening TCP or Unix stream socket.
    ///
    /// # Errors
    /// It is something else.
    pub fn take(descriptor: OwnedFd) -> Result<Self, InheritedError> {
        if sockopt::socket_type(&descriptor)? != SocketType::STREAM {
            return Err(InheritedError::NoStream);
        }
        let family = sockopt::socket_domain(&descriptor)?;
        let tcp = match family {
            AddressFamily::INET | AddressFamily::INET6 => true,
            AddressFamily::UNIX => false,
            _ => return Err(InheritedError::Family),
        };
        if !sockopt::socket_acceptconn(&descriptor)? {
            return Err(InheritedError::NotListening);
        }
        fcntl_setfd(&descriptor, FdFlags::CLOEXEC)?;
        if tcp {
            let listener = TcpListener::from(descriptor);
            listener.set_nonblocking(true)?;
            let address = Address::Tcp(listener.local_addr()?);
            let bound = Bound::Tcp(listener);
            return Ok(Self { bound, address });
        }
        let listener = UnixListener::from(descriptor);
        listener.set_nonblocking(true)?;
        let path = listener.local_addr()?.as_pathname().map(Into::into);
        Ok(Self {
            bound: Bound::Unix(listener),
            address: Address::Unix(path),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Makes it part of the tokio runtime that this is called in.
    ///
    /// # Errors
    /// The runtime cannot watch it.
    pub fn listen(self) -> io::Result<Listener> {
        match self.bound {
            Bound::Tcp(listener) => Ok(tokio::net::TcpListener::from_std(listener)?.into()),
            Bound::Unix(listener) => Ok(tokio::net::UnixListener::from_std(listener)?.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::unix::net::{UnixDatagram, UnixListener};

    use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};

    use super::{Address, Inherited, InheritedError};

    #[test]
    fn a_listener_is_taken_and_kept_from_children() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        fcntl_setfd(&listener, FdFlags::empty()).unwrap();
        let taken = Inherited::take(listener.into()).unwrap();
        assert_eq!(*taken.address(), Address::Tcp(address));
        assert_eq!(taken.address().to_string(), address.to_string());
        let super::Bound::Tcp(listener) = taken.bound else {
            panic!("{taken:?}");
        };
        assert_eq!(fcntl_getfd(&listener).unwrap(), FdFlags::CLOEXEC);
        let none = listener.accept().unwrap_err();
        assert_eq!(none.kind(), std::io::ErrorKind::WouldBlock);
    }

    #[test]
    fn a_unix_listener_says_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shim.sock");
        let taken = Inherited::take(UnixListener::bind(&path).unwrap().into()).unwrap();
        assert_eq!(*taken.address(), Address::Unix(Some(path.clone())));
        assert_eq!(
            taken.address().to_string(),
            format!("unix:{}", path.display())
        );
    }

    #[test]
    fn what_does_not_listen_is_refused_by_what_it_is() {
        let file = File::open("/dev/null").unwrap();
        let refused = Inherited::take(file.into()).unwrap_err();
        assert!(matches!(refused, InheritedError::NoSocket), "{refused}");

        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let refused = Inherited::take(udp.into()).unwrap_err();
        assert!(matches!(refused, InheritedError::NoStream), "{refused}");
        let datagram = UnixDatagram::unbound().unwrap();
        let refused = Inherited::take(datagram.into()).unwrap_err();
        assert!(matches!(refused, InheritedError::NoStream), "{refused}");

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let refused = Inherited::take(connection.into()).unwrap_err();
        assert!(matches!(refused, InheritedError::NotListening), "{refused}");
    }
}
