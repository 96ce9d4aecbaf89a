//! Functions of lambda_runtime that do what handlers of `tests/fixtures/behaviours` do, under the same
//! names.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, stream};
use lambda_runtime::snapstart::SnapStartResource;
use lambda_runtime::streaming::Response;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, Runtime, run, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let handler = std::env::var("_HANDLER")?;
    match handler.rsplit('.').next() {
        Some("dump") => run(service_fn(dump)).await,
        Some("fails") => run(service_fn(fails)).await,
        Some("greet") => run(service_fn(greet)).await,
        Some("panics") => run(service_fn(panics)).await,
        Some("tape") => run(service_fn(tape)).await,
        // What lambda_runtime reports of an initialisation is of SnapStart only.
        Some("init_fails") => {
            let runtime = Runtime::new(service_fn(greet));
            let runtime = runtime.register_snapstart_resource(Arc::new(InitFails));
            runtime.run().await
        }
        _ => Err(format!("no handler {handler}").into()),
    }
}

#[derive(Deserialize)]
struct Greeting {
    name: String,
}

async fn greet(event: LambdaEvent<Greeting>) -> Result<Value, Error> {
    let text = format!("Hello, {}!", event.payload.name);
    Ok(json!({ "text": text }))
}

async fn dump(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let ctx = event.context;
    let identity = ctx.identity.map(|id| [id.identity_id, id.identity_pool_id]);
    Ok(json!({
        "request_id": ctx.request_id,
        "function_name": ctx.env_config.function_name,
        "function_version": ctx.env_config.version,
        "function_arn": ctx.invoked_function_arn,
        "memory_limit_mb": ctx.env_config.memory,
        "deadline": ctx.deadline,
        "trace_id": ctx.xray_trace_id,
        "client_context": ctx.client_context,
        "cognito_identity": identity,
        "tenant_id": ctx.tenant_id,
    }))
}

async fn fails(_: LambdaEvent<Value>) -> Result<(), Diagnostic> {
    Err(Diagnostic {
        error_type: "PaymentRequired".to_owned(),
        error_message: "the card was \"declined\"\n".to_owned(),
    })
}

async fn panics(_: LambdaEvent<Value>) -> Result<Value, Error> {
    panic!("boom")
}

#[derive(Deserialize)]
struct Pieces {
    pieces: u32,
    #[serde(default)]
    fail: bool,
}

async fn tape(
    event: LambdaEvent<Pieces>,
) -> Result<Response<impl Stream<Item = io::Result<String>>>, Error> {
    let Pieces { pieces, fail } = event.payload;
    let whole = (1..=pieces).map(|number| Ok(format!("piece {number};")));
    let torn = fail.then(|| Err(io::Error::other("the tape broke")));
    Ok(stream::iter(whole.chain(torn)).into())
}

struct InitFails;

impl SnapStartResource for InitFails {
    fn before_snapshot(&self) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + '_>> {
        Box::pin(async { Err("connection refused".into()) })
    }
}
