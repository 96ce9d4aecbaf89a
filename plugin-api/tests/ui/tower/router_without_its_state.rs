//~ needs `.with_state(…)` first
use axum::Router;
use plugin_api::handler;

#[derive(Clone)]
struct Database;

#[handler(service)]
fn shop() -> Router<Database> {
    Router::new()
}

fn main() {}
