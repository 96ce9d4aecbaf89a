//~ a `Result` is written out, not behind a type alias
use axum::Router;
use plugin_api::{Error, handler};

type Made = Result<Router, Error>;

#[handler(service)]
async fn shop() -> Made {
    Ok(Router::new())
}

fn main() {}
