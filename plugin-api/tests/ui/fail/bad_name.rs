//~ `say-hello` cannot be the name of a handler
use plugin_api::handler;

#[handler(name = "say-hello")]
fn hello() {}

fn main() {}
