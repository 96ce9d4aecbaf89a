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

/// A request whose head has arrived; the body is on its way.
#[derive(Debug)]
pub struct Received {
    /// The head, with no body. Boxed: it is some 200 bytes that are handed on several times.
    pub head: Box<http::Request<Body>>,
    /// The body, read only when it is polled (an `Expect: 100-continue` is answered then, too).
    pub body: Incoming,
}

impl From<http::Request<Incoming>> for Received {
    fn from(request: http::Request<Incoming>) -> Self {
        let (head, body) = request.into_parts();
        let head = Box::new(http::Request::from_parts(head, Body::Empty));
        Self { head, body }
    }
}

/// A frontend, as the server sees it: requests go in, responses come out.
///
/// One value serves all connections of a listener, from all threads of the runtime at once.
pub trait App: Send + Sync + 'static {
    /// Answers one request. The response is boxed for the same reason as the request.
    ///
    /// Dropped in the middle when the client goes away or the server gives up on the connection. Every
    /// failure is a response.
    fn call(
        &self,
        request: Received,
        peer: Peer,
    ) -> impl Future<Output = Box<http::Response<Body>>> + Send;
}
