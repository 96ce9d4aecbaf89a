//~ a function that makes a service takes nothing, or the `InitContext` with its settings
use axum::Router;
use plugin_api::{Body, handler, http};

#[handler(service)]
async fn shop(_: http::Request<Body>) -> Router {
    Router::new()
}

fn main() {}
