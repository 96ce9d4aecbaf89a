//! Servers on real sockets of the loopback, with clients that mind every byte.

mod bodies;
mod connections;
mod drain;
mod errors;
mod http1;
mod http2;
mod kit;
mod responses;
mod timeouts;
