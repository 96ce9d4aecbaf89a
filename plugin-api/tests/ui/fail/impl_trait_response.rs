//~ a handler's response has one definite type
use plugin_api::handler;

#[handler]
fn hello() -> impl serde::Serialize {
    "hello"
}

fn main() {}
