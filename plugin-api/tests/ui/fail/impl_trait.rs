//~ a handler's event has one definite type
use plugin_api::handler;

#[handler]
fn hello(event: impl ToString) -> String {
    event.to_string()
}

fn main() {}
