//! Protocols that callers speak: each turns bytes into an [`Invocation`](crate::invocation::Invocation)
//! and an [`Outcome`](crate::invocation::Outcome) into bytes.
//!
//! A frontend is an [`App`]; [`crate::server`] brings it the requests. It knows no engine: it gets
//! anything that is [`Invoke`](crate::invocation::Invoke).
//!
//! - [`Http`]: plain HTTP: every request to the function that its route leads to.
//! - [`InvokeApi`]: the Lambda Invoke API.
//! - [`Site`]: both of them on one port.
//! - [`url`]: requests as events of a function URL, and the way back.
//! - [`Admin`]: `/live` and `/ready`, on a listener of their own.
//!
//! Every error becomes a response in one file, `problem`.

mod admin;
mod app;
mod buffers;
mod catalogue;
#[cfg(fuzzing)]
pub mod fuzzing;
mod http;
mod incoming;
mod invoke;
mod log;
mod outgoing;
mod patience;
mod problem;
mod readiness;
mod render;
mod seen;
mod site;
mod trace;
#[cfg(feature = "dev")]
mod unbuilt;
pub mod url;

pub use admin::Admin;
pub use app::{App, Peer, Received};
pub use catalogue::{Catalogue, Current, Entry, HttpUse, Routed};
pub use http::Http;
pub use incoming::BodyPolicy;
pub use invoke::{InvokeApi, InvokePlan};
pub(crate) use patience::hold_back;
pub use readiness::Readiness;
pub use site::Site;
