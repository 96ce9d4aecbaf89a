//~ a name of more than one word stands in quotes
use plugin_api::handler;

#[handler(errors(OrderError::OutOfStock))]
fn hello() {}

fn main() {}
