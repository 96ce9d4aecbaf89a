//! A handler with its lifecycle.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub)]

use plugin_api::http::{Request, Response};
use plugin_api::{Body, Bytes, Context, Error, Handler, InitContext, handler};

struct ByteCounter;

/// Counts bytes.
#[handler]
impl Handler for ByteCounter {
    type Event = Bytes;
    type Response = u64;
    type Instance = u64;

    async fn init(_: &InitContext) -> Result<Self, Error> {
        Ok(Self)
    }

    async fn start(&self) -> Result<u64, Error> {
        Ok(0)
    }

    async fn run(
        &self,
        instance: Result<&mut u64, Error>,
        event: Bytes,
        _ctx: Context,
    ) -> Result<u64, Error> {
        let total = instance?;
        *total += event.len() as u64;
        Ok(*total)
    }

    async fn stop(&self, total: u64) -> Result<(), Error> {
        if total == 0 {
            return Err("nothing was counted".into());
        }
        Ok(())
    }
}

/// For the web, the path of the trait written out.
struct Site;

#[handler(name = "site", errors(Gone))]
impl plugin_api::Handler for Site {
    type Event = Request<Body>;
    type Response = Response<Body>;
    type Instance = ();

    async fn init(_: &InitContext) -> Result<Self, Error> {
        Ok(Self)
    }

    async fn start(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn run(
        &self,
        _: Result<&mut (), Error>,
        request: Request<Body>,
        _: Context,
    ) -> Result<Response<Body>, Error> {
        Ok(Response::new(request.into_body()))
    }
}

fn main() {}
