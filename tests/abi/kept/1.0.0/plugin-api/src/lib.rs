//! Write functions in Rust that the `shim` loads and serves.
//!
//! A plugin is a library crate with `crate-type = ["cdylib"]` and one dependency: this one.
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib"]
//!
//! [dependencies]
//! plugin-api = "0.1"
//! serde = { version = "1", features = ["derive"] }
//! ```
//!
//! A handler is a function with the [`macro@handler`] attribute:
//!
//! ```
//! use plugin_api::{Context, Error, handler};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize)]
//! struct Greeting {
//!     name: String,
//! }
//!
//! #[derive(Serialize)]
//! struct Reply {
//!     text: String,
//! }
//!
//! /// Greets whoever asks.
//! #[handler]
//! async fn hello(event: Greeting, _ctx: Context) -> Result<Reply, Error> {
//!     Ok(Reply { text: format!("Hello, {}!", event.name) })
//! }
//! ```
//!
//! `cargo build --release --lib`, then `shim --plugin target/release/libhello.so`.
//!
//! * The event is any `serde` type, [`Bytes`] for any bytes, or `http::Request<`[`Body`]`>` for a
//!   web handler; the response likewise. Both arguments may be left out.
//! * A plain `fn` works as well; it runs on a thread of its own when it blocks.
//! * State that is costly to make goes into a [`Handler`]: `init`, `start`, `run`, `stop`.
//! * tokio, timers, sockets, spawned tasks, `tracing` and `log` work in a handler as they are: the
//!   plugin's runtime and its way to the host's log are set up before the first line of yours runs.
//! * [`testing`] runs a handler with its lifecycle in a unit test.
//!
//! # Services of tower and axum
//!
//! With the feature `tower`, a web handler may be any `tower::Service`, such as an `axum::Router`:
//! `#[handler(service)]` goes on the function that makes it.
//!
//! ```toml
//! plugin-api = { version = "0.1", features = ["tower"] }
//! axum = { version = "0.8", default-features = false }
//! ```
//!
#![cfg_attr(feature = "tower", doc = "```")]
#![cfg_attr(not(feature = "tower"), doc = "```ignore")]
//! use axum::extract::Path;
//! use axum::{Extension, Router, routing};
//! use plugin_api::{Context, Error, InitContext, handler};
//!
//! #[handler(service)]
//! async fn shop(ctx: InitContext) -> Result<Router, Error> {
//!     let currency = ctx.var("CURRENCY").unwrap_or("EUR").to_owned();
//!     Ok(Router::new()
//!         .route("/currency", routing::get(async || currency))
//!         .route("/items/{item}", routing::get(item)))
//! }
//!
//! async fn item(Path(item): Path<String>, Extension(ctx): Extension<Context>) -> String {
//!     format!("{item}, asked for by {}", ctx.request_id())
//! }
//! ```
//!
//! The function runs once, as [`Handler::init`] does: it may block, and its error refuses the plugin.
//! Its argument may be left out. Each request is answered by a clone of the service, and any number
//! of them at once, so the service is `Clone + Send + Sync`. The request's [`Context`] is among its
//! extensions. Bodies are streamed both ways; trailers, protocol upgrades and the address of the
//! client (`ConnectInfo`) are not there. axum reads at most 2 MB of a body into an extractor such as
//! `Json`, unless its `DefaultBodyLimit` says otherwise.
//!
//! # Events of AWS services
//!
//! Events are serde types, and so are those of the crate `aws_lambda_events`; nothing else of it is
//! needed.
//!
//! ```toml
//! aws_lambda_events = { version = "1", default-features = false, features = ["s3", "sqs"] }
//! ```
//!
//! ```
//! use aws_lambda_events::event::s3::S3Event;
//! use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
//! use plugin_api::{Context, Error, handler};
//!
//! #[handler]
//! async fn on_upload(event: S3Event, ctx: Context) -> Result<(), Error> {
//!     for record in event.records {
//!         tracing::info!(key = record.s3.object.key, left = ?ctx.remaining_time(), "uploaded");
//!     }
//!     Ok(())
//! }
//!
//! /// Messages that are named in the response come again, the others do not.
//! #[handler]
//! async fn on_messages(event: SqsEvent) -> Result<SqsBatchResponse, Error> {
//!     let mut response = SqsBatchResponse::default();
//!     for message in event.records {
//!         if message.body.is_none() {
//!             response.add_failure(message.message_id.unwrap_or_default());
//!         }
//!     }
//!     Ok(response)
//! }
//! ```
//!
//! # Where a handler runs
//!
//! The host polls an async handler on one of its own threads first. If it is done at once, that was
//! all; at its first wait it moves to the plugin's runtime, and a handler that keeps its thread busy
//! for long is given threads of its own. A plain `fn` may block as long as it likes: blocking
//! clients (`reqwest::blocking`) and `tokio::runtime::Handle::current().block_on(…)` work in it, as
//! they do in `init`, `start` and `stop`. Blocking in an async handler delays others for a moment,
//! until the host has noticed.
//!
//! # Logs
//!
//! What is logged by `tracing` or `log` goes to the host's log, with the request id of its
//! invocation. So a handler sets no subscriber of its own: `tracing_subscriber::fmt::init()` would
//! panic, since there is one already. A spawned task knows its invocation if it is spawned
//! `.in_current_span()` (`tracing::Instrument`). Levels that the host does not show cost next to
//! nothing, and their fields are not even made.
//!
//! # What a plugin must not do
//!
//! A plugin is trusted code: it runs inside the shim's process with all its rights. It must not
//! call `std::process::exit`, `std::env::set_var` or `std::env::set_current_dir`, nor be built with
//! `panic = "abort"`: a panic would end the host, instead of becoming an error of one invocation.

#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod body;
mod codec;
mod context;
mod describe;
mod error;
mod export;
mod handler;
mod marker;
#[cfg(feature = "tower")]
mod service;
pub mod testing;

pub use body::{Body, BodySender};
pub use bytes::Bytes;
pub use context::{CognitoIdentity, Context, InitContext};
pub use error::Error;
pub use handler::Handler;
pub use http;
/// For `#[derive(JsonSchema)]` on the types of events and responses, with the feature `schema`.
#[cfg(feature = "schema")]
pub use schemars;

/// Makes a handler of a function, or of an `impl Handler` block.
///
/// On a function: `async fn` or plain `fn`, with up to two arguments, the event and the
/// [`Context`], in this order, each of which may be left out. It returns the response or a
/// `Result` of it, whose error is anything that turns into [`Error`]. The function itself stays as
/// it is and can be called by your own code and tests. Beside it stands a type of the same name,
/// which [`testing::Function`] takes: a function called `tokio` would hide the crate.
///
/// On an `impl Handler for Type` block: exports that handler with its lifecycle.
///
/// The handler's name is the function's, or the type's in snake case; `#[handler(name = "other")]`
/// sets another. A crate may have any number of handlers with different names.
///
/// `#[handler(service)]`, with the feature `tower`, goes on a function that makes a `tower::Service`:
/// [services of tower and axum](crate#services-of-tower-and-axum).
///
/// `#[handler(errors(NotFound, "Orders.OutOfStock"))]` declares the names of errors that callers may
/// get, for documentation and for the shim's mock mode, which answers without running the handler.
/// Nothing holds the handler to them. For that mode, derive `Default` on the type of the response
/// and, with this crate's feature `schema`, `JsonSchema`.
///
/// ```
/// use plugin_api::{Body, Bytes, Error, handler, http};
///
/// /// A web handler.
/// #[handler]
/// async fn site(request: http::Request<Body>) -> Result<http::Response<Body>, Error> {
///     let answer = format!("you asked for {}\n", request.uri().path());
///     Ok(http::Response::new(answer.into()))
/// }
///
/// /// Any bytes in, any bytes out, in a plain function.
/// #[handler(name = "reverse")]
/// fn turn_around(event: Bytes) -> Bytes {
///     event.iter().rev().copied().collect()
/// }
/// ```
pub use plugin_api_macros::handler;

/// Adds keys to the plugin's info, a JSON object that `shim --info` prints without running any of
/// the plugin's code. Name, version and doc (the package's description) are in it by themselves.
///
/// ```
/// plugin_api::info! { "team": "checkout", "links": ["https://example.com/runbook"], "tier": 1 }
/// ```
///
/// Once per crate, at module level.
pub use plugin_api_macros::info;

/// What the macros expand to. Not for use by hand: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use plugin_api_abi::fields::FieldsWriter;
    pub use plugin_api_abi::glue::entry::{Entry, Request, Response};
    pub use plugin_api_abi::glue::export::header;
    pub use plugin_api_abi::glue::invocation::Function;
    pub use plugin_api_abi::record::{LAYOUT, PANIC, join, joined_len};
    pub use plugin_api_abi::types::{FLAG_BLOCKING, FLAG_STATELESS};
    pub use plugin_api_abi::{ABI_VERSION, abi_stable::library::LibHeader};

    pub use crate::codec::{
        AnyMarker, EventCodec, EventOf, NoEvent, ResponseCodec, event, event_kind, fallible,
    };
    pub use crate::context::{context, init_context};
    pub use crate::describe::{
        EmptyOfDefault, EmptyOfFallible, EmptyOfKind, NoEmpty, NoSchema, Of, SchemaOfFallible,
        SchemaOfType, put_event_schema, put_response_schema,
    };
    pub use crate::marker::{MarkerOfAny, MarkerOfBytes, MarkerOfFallible, marker};
    #[cfg(feature = "tower")]
    pub use crate::service::{Service, service};

    /// The version of this crate.
    pub const VERSION: &str = env!("CARGO_PKG_VERSION");
}
