//! How much, how many and how long.

use std::time::Duration;

/// The limits of one listener. Timeouts are kept coarsely: none fires early, each at most about a
/// half later than it says (a second later for those of two seconds and more).
///
/// Not settable: 100 headers per HTTP/1 request (431 beyond it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at a time; beyond it new ones wait to be accepted.
    pub connections: usize,
    /// Bytes of a request's line and headers together (431 beyond it).
    pub header_bytes: usize,
    /// From the first byte of a request (or from the opening of the connection) to the end of its
    /// headers; the connection is closed after it.
    pub header_timeout: Duration,
    /// How long a connection may stay open between two requests.
    pub keep_alive: Duration,
    /// How long a client may take nothing of a response that waits for it; the connection is
    /// closed after it.
    pub write_timeout: Duration,
    /// How long requests in flight may still take after the stop signal.
    pub grace: Duration,
    /// How long a refused client may go on sending, unread, before the connection is closed; it
    /// lets the response arrive where a hard close would destroy it.
    pub linger: Duration,
    /// HTTP/2: requests at a time on one connection.
    pub streams: u32,
    /// HTTP/2: how often a silent connection is pinged.
    pub ping_interval: Duration,
    /// HTTP/2: how long a ping may stay unanswered; the connection is closed after it.
    pub ping_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            header_bytes: 64 * 1024,
            header_timeout: Duration::from_secs(30),
            keep_alive: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            grace: Duration::from_secs(25),
            linger: Duration::from_secs(2),
            streams: 256,
            ping_interval: Duration::from_secs(30),
            ping_timeout: Duration::from_secs(20),
        }
    }
}
