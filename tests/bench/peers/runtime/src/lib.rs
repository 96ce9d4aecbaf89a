//! The handlers, by the name that `_HANDLER` has after its dot.

#[path = "../../../plugin/src/events.rs"]
pub mod events;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;

use events::{Greeting, Hello, Order, Receipt, Upload};

/// Serves what `_HANDLER` names.
pub async fn serve() -> Result<(), Error> {
    let handler = std::env::var("_HANDLER")?;
    match handler.rsplit('.').next() {
        Some("hello_event") => run(service_fn(hello)).await,
        Some("order") => run(service_fn(order)).await,
        Some("echo_raw") => run(service_fn(echo)).await,
        Some("upload") => run(service_fn(upload)).await,
        _ => Err(format!("no handler {handler}").into()),
    }
}

async fn hello(event: LambdaEvent<Hello>) -> Result<Greeting, Error> {
    Ok(event.payload.greet())
}

async fn order(event: LambdaEvent<Order>) -> Result<Order, Error> {
    Ok(event.payload)
}

async fn echo(event: LambdaEvent<Box<RawValue>>) -> Result<Box<RawValue>, Error> {
    Ok(event.payload)
}

async fn upload(event: LambdaEvent<Upload>) -> Result<Receipt, Error> {
    Ok(event.payload.receipt())
}
