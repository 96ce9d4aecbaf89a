//~ `not found` cannot be the name of an error
use plugin_api::handler;

#[handler(errors("not found"))]
fn hello() {}

fn main() {}
