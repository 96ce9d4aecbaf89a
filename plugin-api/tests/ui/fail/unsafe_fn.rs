//~ a handler cannot be `unsafe`
use plugin_api::handler;

#[handler]
unsafe fn hello(event: String) -> String {
    event
}

fn main() {}
