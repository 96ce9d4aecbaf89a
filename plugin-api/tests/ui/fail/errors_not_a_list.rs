//~ expected the names of errors in parentheses
use plugin_api::handler;

#[handler(errors = "NotFound")]
fn hello() {}

fn main() {}
