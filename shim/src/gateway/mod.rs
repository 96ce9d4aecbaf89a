//! Events of API Gateway, of function URLs and of load balancers as HTTP requests, and responses in
//! the form in which each of them expects its answer.
//!
//! A web handler takes HTTP requests. Where it is invoked with an *event* (by the Invoke API, by
//! AWS Lambda itself), this layer stands between. Everything here turns data into data: no sockets,
//! no clock.
//!
//! - [`request`]: from an event to the [`HttpEvent`]: its request, and the rest of it
//! - [`response`]: from a whole response to the answer, in the [`Form`] of the event
//! - [`streamed`], [`prelude`]: from a streamed response to what a function with
//!   `RESPONSE_STREAM` answers

mod body;
mod context;
mod error;
mod event;
mod headers;
mod http_event;
mod kind;
mod pairs;
mod prelude;
mod rejoined;
mod response;
mod target;
#[cfg(test)]
mod tests;

pub use error::NotHttp;
pub use http_event::{HttpEvent, request};
pub use kind::Form;
pub use prelude::{PRELUDE_END, STREAM_CONTENT_TYPE, prelude, streamed};
pub use rejoined::rejoin;
pub use response::{checked, response};
pub use target::IGNORE_STAGE;
