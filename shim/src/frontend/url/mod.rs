//! Function URLs: an HTTP request as an event of AWS Lambda's payload format 2.0, and the
//! function's response as an HTTP response.
//!
//! For functions whose handler takes an event. Everything here turns data into data: no sockets,
//! no clock, no logs.
//!
//! - [`event`]: from a request to the event.
//! - [`response`]: from a whole response to the HTTP response.
//! - [`split`]: from a streamed response to its [`Head`] and the stream of its body.
//! - [`Router`]: which [`Route`] a request takes, and its path parameters.
//! - [`Cors`]: what browsers of other origins may do.

mod cors;
mod cors_rules;
mod endpoint;
mod event;
mod forwarded;
mod head;
mod json;
mod payload;
mod prelude;
mod response;
mod route;
mod route_error;
mod router;
#[cfg(test)]
mod tests;

pub use cors::Cors;
pub use cors_rules::{CorsError, CorsRules};
pub use endpoint::Endpoint;
pub use event::{Arrival, event};
pub use head::{Head, HeadError};
pub use prelude::{NoPrelude, PRELUDE_LIMIT, PreludeError, split};
pub use response::{ResponseError, failed, response};
pub use route::Route;
pub use route_error::RouteError;
pub use router::{DuplicateRoute, Match, PathParameters, Router};
