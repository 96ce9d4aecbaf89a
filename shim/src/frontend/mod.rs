//! Protocols that callers speak: each turns bytes into an [`Invocation`](crate::invocation::Invocation)
//! and an [`Outcome`](crate::invocation::Outcome) into bytes.
//!
//! A frontend is an [`App`]; [`crate::server`] brings it the requests. It knows no engine: it gets
//! anything that is [`Invoke`](crate::invocation::Invoke).
//!
//! - [`Http`]: plain HTTP, one function at every path.
//! - [`url`]: requests as events of a function URL, and the way back.
//! - [`Admin`]: `/live` and `/ready`, on a listener of their own.
//!
//! Every error becomes a response in one file, `problem`.

mod admin;
mod app;
mod http;
mod incoming;
mod log;
mod outgoing;
mod patience;
mod problem;
mod readiness;
mod render;
mod seen;
pub mod url;

pub use admin::Admin;
pub use app::App;
pub use http::Http;
pub use incoming::BodyPolicy;
pub use readiness::Readiness;
