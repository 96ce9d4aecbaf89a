//! Servers on real sockets of the loopback, with clients that mind every byte.

mod ahead;
mod bodies;
#[cfg(feature = "tls")]
mod certificates;
mod connections;
mod drain;
mod errors;
mod http1;
mod http2;
mod kit;
mod responses;
mod timeouts;
#[cfg(feature = "tls")]
mod tls;
