//~ expected the name of an error: a word as in `NotFound`
use plugin_api::handler;

#[handler(errors(404))]
fn hello() {}

fn main() {}
