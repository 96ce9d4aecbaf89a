//! What a server needs of a frontend.

use std::future::Future;
use std::net::IpAddr;

use hyper::body::Incoming;

use crate::invocation::Body;

/// Who sent a request, as far as the connection tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub ip: Option<IpAddr>,
    /// The port that it connected to.
    pub port: u16,
    /// The connection is encrypted.
    pub tls: bool,
}

/// A frontend, as the server sees it: requests go in, responses come out.
///
/// One value serves all connections of a listener, from all threads of the runtime at once.
pub trait App: Send + Sync + 'static {
    /// Answers one request.
    ///
    /// Called once its head has arrived; the body is still on its way and is read only when it is
    /// polled (an `Expect: 100-continue` is answered then, too). Dropped in the middle when the
    /// client goes away or the server gives up on the connection. Every failure is a response.
    fn call(
        &self,
        request: http::Request<Incoming>,
        peer: Peer,
    ) -> impl Future<Output = http::Response<Body>> + Send;
}
