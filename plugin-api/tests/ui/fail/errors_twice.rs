//~ the error `NotFound` is declared twice
use plugin_api::handler;

#[handler(errors(NotFound, "NotFound"))]
fn hello() {}

fn main() {}
