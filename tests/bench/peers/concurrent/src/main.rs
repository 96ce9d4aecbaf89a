//! As many invocations at a time as `AWS_LAMBDA_MAX_CONCURRENCY` says; `hello_event` and `order`.

#[path = "../../../plugin/src/events.rs"]
#[allow(dead_code, reason = "other peers have more handlers")]
mod events;

use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn, tracing};

use events::{Greeting, Hello, Order};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let handler = std::env::var("_HANDLER")?;
    match handler.rsplit('.').next() {
        Some("hello_event") => run_concurrent(service_fn(hello)).await,
        Some("order") => run_concurrent(service_fn(order)).await,
        _ => Err(format!("no handler {handler}").into()),
    }
}

async fn hello(event: LambdaEvent<Hello>) -> Result<Greeting, Error> {
    Ok(event.payload.greet())
}

async fn order(event: LambdaEvent<Order>) -> Result<Order, Error> {
    Ok(event.payload)
}
