//~ `Response<Vec<u8>>` cannot be the response of a service
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use plugin_api::http::{Request, Response};
use plugin_api::{Body, Error, handler};
use tower_service::Service;

#[derive(Clone)]
struct Shop;

impl Service<Request<Body>> for Shop {
    type Response = Response<Vec<u8>>;
    type Error = Error;
    type Future = Ready<Result<Response<Vec<u8>>, Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        ready(Ok(Response::default()))
    }
}

#[handler(service)]
fn shop() -> Result<Shop, Error> {
    Ok(Shop)
}

fn main() {}
