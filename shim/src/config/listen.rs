//! Where to listen: what is said of addresses, and the sockets that are there already.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::given::Given;
use super::parse;
use crate::server::Address;

/// Where the sockets listen that the parent process opened and passed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PassedAddresses {
    /// The main listener's.
    pub http: Option<Address>,
    /// The admin listener's.
    pub admin: Option<Address>,
}

/// Where to listen.
pub(super) struct Listen {
    pub(super) address: SocketAddr,
    /// The address comes from the variable PORT: a platform sends requests from elsewhere.
    pub(super) platform: bool,
    /// Who can reach it.
    pub(super) reach: IpAddr,
}

/// The main listener. A socket that was passed says itself who can reach it: whoever may open the
/// file of a Unix socket is on this machine, as with loopback.
pub(super) fn listen(given: &mut Given) -> Listen {
    let port_is_platforms = given.is_ports("port") && !given.has("host");
    let host = given.get("host", parse::host);
    let port = given.get("port", parse::port).unwrap_or(8080);
    let passed = given.passed.http.as_ref().map(|address| match address {
        Address::Tcp(address) => address.ip(),
        Address::Unix(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
    });
    let platform = port_is_platforms && passed.is_none();
    let host = host.unwrap_or(match platform {
        true => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        false => IpAddr::V4(Ipv4Addr::LOCALHOST),
    });
    Listen {
        address: SocketAddr::new(host, port),
        platform,
        reach: passed.unwrap_or(host),
    }
}

/// What was said of addresses, by its name, and does not count, because the sockets were passed.
pub(super) fn overruled(given: &Given) -> Vec<String> {
    let passed = &given.passed;
    let flags = [
        ("host", passed.http.is_some()),
        ("port", passed.http.is_some()),
        ("admin", passed.admin.is_some()),
    ];
    let named = flags.iter().filter(|(_, passed)| *passed);
    named
        .filter_map(|(flag, _)| given.name_of(flag).map(str::to_owned))
        .collect()
}
