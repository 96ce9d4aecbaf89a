//! The plugin that the tests of the ABI build in many ways, and each handler of which they call.

mod allocator;
mod constructor;

use std::time::Duration;

use plugin_api::{Body, Context, Error, Handler, InitContext, handler, http};
use serde::{Deserialize, Serialize};

/// Which build this is.
const BUILD: &str = env!("CARGO_PKG_NAME");

#[derive(Deserialize)]
struct Ask {
    what: String,
    #[serde(default)]
    text: String,
}

#[derive(Serialize)]
struct Told {
    text: String,
    build: &'static str,
}

/// Does what it is asked to do.
#[handler]
async fn probe(ask: Ask, ctx: Context) -> Result<Told, Error> {
    let text = match ask.what.as_str() {
        "greet" => format!("Hello, {}!", ask.text),
        "id" => ctx.request_id().to_owned(),
        "log" => {
            tracing::info!(number = 42, "a line of the probe: {}", ask.text);
            log::warn!("a record of the probe");
            String::new()
        }
        "timer" => {
            let task = tokio::spawn(tokio::time::sleep(Duration::from_millis(5)));
            tokio::time::sleep(Duration::from_millis(5)).await;
            task.await?;
            "slept".to_owned()
        }
        "panic" => panic!("asked to panic"),
        other => return Err(Error::new("Probe.Unknown", format!("cannot {other}"))),
    };
    Ok(Told { text, build: BUILD })
}

struct Counter {
    step: u64,
}

/// Counts, with state that is started and stopped.
#[handler]
impl Handler for Counter {
    type Event = serde_json::Value;
    type Response = u64;
    type Instance = u64;

    async fn init(ctx: &InitContext) -> Result<Self, Error> {
        match ctx.var("STEP").unwrap_or("1") {
            "panic" => panic!("asked to panic in init"),
            "hang" => std::future::pending().await,
            number => Ok(Self {
                step: number.parse()?,
            }),
        }
    }

    async fn start(&self) -> Result<u64, Error> {
        Ok(0)
    }

    async fn run(
        &self,
        instance: Result<&mut u64, Error>,
        _: serde_json::Value,
        _: Context,
    ) -> Result<u64, Error> {
        let count = instance?;
        *count += self.step;
        Ok(*count)
    }

    async fn stop(&self, count: u64) -> Result<(), Error> {
        tracing::info!("stopped at {count}");
        Ok(())
    }
}

/// Streams the body back.
#[handler]
async fn echo(request: http::Request<Body>) -> http::Response<Body> {
    http::Response::builder()
        .status(202)
        .header("x-method", request.method().as_str())
        .body(request.into_body())
        .unwrap_or_default()
}
