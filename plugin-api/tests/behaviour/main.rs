//! Handlers in the test harness: what an author can rely on.

#![allow(clippy::unwrap_used, reason = "a test")]

mod aws_events;
mod bodies;
mod describe;
mod errors;
mod events;
mod http;
mod lifecycle;
mod panics;
mod runtime;
#[cfg(feature = "tower")]
mod services;
