//! What the benchmarks serve.

#![forbid(unsafe_code)]

pub mod events;

use std::time::{Duration, Instant};

use plugin_api::http::{Request, Response, StatusCode};
use plugin_api::{Body, Bytes, Error, handler};
use serde_json::value::RawValue;

use events::{Greeting, Hello, Order, Receipt, Upload};

const HELLO: &str = "Hello, World!";

/// How long `/busy` and `/block` hold their thread.
const BUSY: Duration = Duration::from_millis(50);

/// Thirteen bytes, from an async handler.
#[handler]
pub async fn hello(_request: Request<Body>) -> Result<Response<Body>, Error> {
    Ok(Response::new(HELLO.into()))
}

/// Thirteen bytes, from a plain `fn`.
#[handler]
pub fn hello_plain(_request: Request<Body>) -> Result<Response<Body>, Error> {
    Ok(Response::new(HELLO.into()))
}

/// From a small document to a small document.
#[handler]
pub async fn hello_event(event: Hello) -> Greeting {
    event.greet()
}

/// A document of 1 KiB, read and written again.
#[handler]
pub async fn order(event: Order) -> Order {
    event
}

/// A long document, of which little is said.
#[handler]
pub async fn upload(event: Upload) -> Receipt {
    event.receipt()
}

/// The event's own text.
#[handler]
pub async fn echo_raw(event: Box<RawValue>) -> Box<RawValue> {
    event
}

/// The event, as it came.
#[handler]
pub async fn echo(event: Bytes) -> Bytes {
    event
}

/// By path: `/quick` answers at once, `/io` waits for a timer, `/busy` computes and `/block` sleeps
/// without giving its thread back.
#[handler]
pub async fn mix(request: Request<Body>) -> Result<Response<Body>, Error> {
    match request.uri().path() {
        "/quick" => {}
        "/io" => tokio::time::sleep(Duration::from_millis(2)).await,
        "/busy" => {
            let begun = Instant::now();
            while begun.elapsed() < BUSY {
                std::hint::spin_loop();
            }
        }
        "/block" => std::thread::sleep(BUSY),
        _ => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_FOUND;
            return Ok(response);
        }
    }
    Ok(Response::new(HELLO.into()))
}
