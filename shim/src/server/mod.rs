//! Sockets for any frontend: listen, connections, timeouts, drain.
//!
//! [`serve`] takes a [`Listener`], an [`App`](crate::frontend::App), [`Limits`] and a stop signal;
//! the caller owns socket and signal. HTTP/1.1 and HTTP/2 share the port: on a plain listener
//! HTTP/2 comes with prior knowledge, on one with TLS (feature `tls`) it is negotiated.
//!
//! Nothing here runs a timer per request. Each connection leaves coarse time stamps in its
//! `activity`; one `sweeper` per listener looks at all of them a few times per timeout and closes
//! those that idle, dawdle over a header, or do not read their response.

mod accept;
mod activity;
mod cells;
mod clock;
mod connection;
mod connections;
mod files;
mod in_flight;
mod inherited;
mod io;
mod limits;
mod listener;
mod preface;
mod serve;
mod stream;
mod sweeper;
#[cfg(test)]
mod tests;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;
#[cfg(feature = "tls")]
mod tls;
mod waker;

pub use cells::Cells;
pub use files::{OTHER_FILES, raise_open_files};
pub use inherited::{Address, Inherited, InheritedError};
pub use limits::Limits;
pub use listener::Listener;
pub use serve::{Drained, serve, serve_on};
pub use tls::{Tls, TlsError};
