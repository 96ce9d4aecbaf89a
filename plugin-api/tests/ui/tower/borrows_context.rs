//~ the function owns its context: remove the `&`
use axum::Router;
use plugin_api::{InitContext, handler};

#[handler(service)]
async fn shop(_: &InitContext) -> Router {
    Router::new()
}

fn main() {}
