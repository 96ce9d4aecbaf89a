//~ the name `hello` is defined multiple times
use plugin_api::handler;

#[handler]
fn hello() {}

#[handler]
fn hello() {}

fn main() {}
