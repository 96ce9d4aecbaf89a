//~ unknown argument; `#[handler]` takes only `name = "…"` and `errors(…)`
use plugin_api::handler;

#[handler(timeout = "3s")]
fn hello() {}

fn main() {}
