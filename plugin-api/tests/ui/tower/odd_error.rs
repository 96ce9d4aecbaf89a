//~ `Odd` cannot be the error of a handler
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use plugin_api::http::{Request, Response};
use plugin_api::{Body, Error, handler};
use tower_service::Service;

pub struct Odd;

#[derive(Clone)]
struct Shop;

impl Service<Request<Body>> for Shop {
    type Response = Response<Body>;
    type Error = Odd;
    type Future = Ready<Result<Response<Body>, Odd>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Odd>> {
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
