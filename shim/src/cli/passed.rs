//! What systemd passed: listening sockets (`LISTEN_PID`, `LISTEN_FDS`, `LISTEN_FDNAMES`;
//! sd_listen_fds(3)), and whom to tell the state.
//!
//! The variables stay as they are, since nothing may change the environment of a process that has
//! threads. Children see them too, and know by `LISTEN_PID` that they are not meant; the sockets
//! themselves are closed on `exec`.

use std::fmt;

use rustix::io::fcntl_getfd;

use super::notify::Notify;
use crate::config::{Environment, PassedAddresses};
use crate::server::{Inherited, InheritedError};

/// How many sockets there are at most: one for each listener.
const MAX_SOCKETS: u32 = 2;

/// What was passed.
#[derive(Debug, Default)]
pub(super) struct Passed {
    /// The main listener.
    pub(super) http: Option<Inherited>,
    /// The admin listener.
    pub(super) admin: Option<Inherited>,
    /// Whom to tell how far the process is.
    pub(super) notify: Notify,
}

/// What is wrong with the sockets that were passed.
#[derive(Debug, thiserror::Error)]
pub(super) enum PassedError {
    /// LISTEN_PID or LISTEN_FDS is no number.
    #[error("LISTEN_PID={pid}, LISTEN_FDS={count}: expected two numbers, as systemd sets them")]
    Numbers { pid: String, count: String },
    /// More than there are listeners.
    #[error(
        "LISTEN_FDS={0}: expected 1 socket, or 2 of which one is the admin listener's \
         (FileDescriptorName=http, FileDescriptorName=admin, one ListenStream= each)"
    )]
    TooMany(u32),
    /// LISTEN_FDS promises it, and there is none.
    #[error("LISTEN_FDS promises {0}, and it is not open")]
    Closed(Descriptor),
    /// It cannot be served on.
    #[error("cannot serve on {0}: {1}")]
    Unfit(Descriptor, #[source] InheritedError),
    /// Two for one listener.
    #[error(
        "both sockets of LISTEN_FDS are named `{0}`: expected FileDescriptorName=http for one and \
         FileDescriptorName=admin for the other, one ListenStream= each"
    )]
    Twice(String),
}

/// A descriptor that was passed, for messages.
#[derive(Debug)]
pub(super) struct Descriptor {
    number: usize,
    name: Option<String>,
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "descriptor {}", self.number)?;
        match &self.name {
            Some(name) => write!(f, " (`{name}` in LISTEN_FDNAMES)"),
            None => Ok(()),
        }
    }
}

/// A descriptor that was passed, until it is known to be a listener.
type Given = (Descriptor, sd_listen_fds::OwnedFd);

impl Passed {
    /// Takes the sockets that were passed to this very process; none, if none were.
    ///
    /// To be called once and before the process opens anything: the descriptors are known by their
    /// numbers alone.
    ///
    /// # Errors
    /// Something was passed that cannot be served on, or it is not clear what for.
    pub(super) fn take(environment: &Environment) -> Result<Self, PassedError> {
        let text = |name: &str| {
            let value = environment.get(name).map(|value| value.to_string_lossy());
            value.unwrap_or_default().into_owned()
        };
        let (pid, count) = (text("LISTEN_PID"), text("LISTEN_FDS"));
        if pid.is_empty() || count.is_empty() {
            return Ok(Self::default());
        }
        if let Ok(number) = count.parse::<u32>()
            && number > MAX_SOCKETS
            && pid.parse() == Ok(std::process::id())
        {
            return Err(PassedError::TooMany(number));
        }
        let given = sd_listen_fds::get();
        let given = given.map_err(|_| PassedError::Numbers { pid, count })?;
        let described = given.into_iter().enumerate().map(|(index, (name, fd))| {
            let name = name.filter(|name| !name.is_empty());
            let number = 3 + index;
            (Descriptor { number, name }, fd)
        });
        let sockets = all_open(described.collect())?;
        assign(sockets)
    }

    /// Where they listen.
    pub(super) fn addresses(&self) -> PassedAddresses {
        let address = |socket: &Option<Inherited>| Some(socket.as_ref()?.address().clone());
        PassedAddresses {
            http: address(&self.http),
            admin: address(&self.admin),
        }
    }
}

/// Makes sure that these descriptors exist. Who owns a number without a descriptor would close what
/// is opened under it later; so all are given up if one is missing.
fn all_open(given: Vec<Given>) -> Result<Vec<(Descriptor, Inherited)>, PassedError> {
    let (open, closed): (Vec<_>, Vec<_>) = given
        .into_iter()
        .map(|(descriptor, fd)| (descriptor, fd.into_std()))
        .partition(|(_, fd)| fcntl_getfd(fd).is_ok());
    let mut first = None;
    for (descriptor, fd) in closed {
        std::mem::forget(fd);
        first.get_or_insert(descriptor);
    }
    if let Some(descriptor) = first {
        return Err(PassedError::Closed(descriptor));
    }
    let taken = open
        .into_iter()
        .map(|(descriptor, fd)| match Inherited::take(fd) {
            Ok(socket) => Ok((descriptor, socket)),
            Err(error) => Err(PassedError::Unfit(descriptor, error)),
        });
    taken.collect()
}

/// Those named `http` and `admin` are these listeners' sockets, others what is left of them in this
/// order.
fn assign(sockets: Vec<(Descriptor, Inherited)>) -> Result<Passed, PassedError> {
    if let [(one, _), (other, _)] = sockets.as_slice()
        && let (Some(name), true) = (&one.name, one.name == other.name)
    {
        return Err(PassedError::Twice(name.clone()));
    }
    let mut passed = Passed::default();
    let mut others = Vec::new();
    for (descriptor, socket) in sockets {
        match descriptor.name.as_deref() {
            Some("http") => passed.http = Some(socket),
            Some("admin") => passed.admin = Some(socket),
            _ => others.push(socket),
        }
    }
    for socket in others {
        match &mut passed.http {
            place @ None => *place = Some(socket),
            Some(_) => passed.admin = Some(socket),
        }
    }
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::{Descriptor, Inherited, PassedError, assign};
    use crate::server::Address;

    /// Sockets with these names, and what becomes of them: the indices of HTTP's and admin's.
    fn assigned(names: &[Option<&str>]) -> Result<[Option<usize>; 2], PassedError> {
        let mut addresses = Vec::new();
        let sockets = names.iter().enumerate().map(|(number, name)| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            addresses.push(Address::Tcp(listener.local_addr().unwrap()));
            let name = name.map(str::to_owned);
            let socket = Inherited::take(listener.into()).unwrap();
            (Descriptor { number, name }, socket)
        });
        let passed = assign(sockets.collect())?.addresses();
        Ok([passed.http, passed.admin].map(|address| {
            let address = address?;
            addresses.iter().position(|one| *one == address)
        }))
    }

    #[test]
    fn names_count_before_the_order() {
        let both = [Some(1), Some(0)];
        assert_eq!(assigned(&[Some("admin"), Some("http")]).unwrap(), both);
        assert_eq!(assigned(&[Some("admin"), Some("web")]).unwrap(), both);
        assert_eq!(assigned(&[Some("web"), Some("http")]).unwrap(), both);
        assert_eq!(assigned(&[Some("admin")]).unwrap(), [None, Some(0)]);
    }

    #[test]
    fn without_names_the_first_is_the_main_listener() {
        assert_eq!(assigned(&[]).unwrap(), [None, None]);
        assert_eq!(assigned(&[None]).unwrap(), [Some(0), None]);
        assert_eq!(assigned(&[None, None]).unwrap(), [Some(0), Some(1)]);
        assert_eq!(assigned(&[Some("shim.socket")]).unwrap(), [Some(0), None]);
        let different = [Some("shim.socket"), Some("shim-admin.socket")];
        assert_eq!(assigned(&different).unwrap(), [Some(0), Some(1)]);
    }

    #[test]
    fn two_sockets_of_one_name_are_refused() {
        for name in ["http", "admin", "shim.socket"] {
            let error = assigned(&[Some(name), Some(name)]).unwrap_err().to_string();
            assert!(error.contains(&format!("named `{name}`")), "{error}");
        }
    }
}
