//! The work itself, for both loops.

#[path = "../../../plugin/src/events.rs"]
pub mod events;
mod url;

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use events::{Hello, Order, Upload};

/// Where the Runtime API is.
pub fn api() -> io::Result<String> {
    std::env::var("AWS_LAMBDA_RUNTIME_API").map_err(io::Error::other)
}

/// From an event to an answer.
pub type Handler = fn(&[u8]) -> io::Result<Vec<u8>>;

/// What `_HANDLER` names after its dot.
pub fn handler() -> io::Result<Handler> {
    let handler = std::env::var("_HANDLER").map_err(io::Error::other)?;
    Ok(match handler.rsplit('.').next() {
        Some("hello_event") => |event| with(event, Hello::greet),
        Some("order") => |event| with(event, |order: Order| order),
        Some("echo_raw") => |event| with(event, |raw: Box<RawValue>| raw),
        Some("upload") => |event| with(event, Upload::receipt),
        Some("hello") => |event| with(event, url::hello),
        _ => return Err(io::Error::other(format!("no handler {handler}"))),
    })
}

fn with<E: DeserializeOwned, A: Serialize>(
    event: &[u8],
    handler: impl FnOnce(E) -> A,
) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(&handler(serde_json::from_slice(
        event,
    )?))?)
}
