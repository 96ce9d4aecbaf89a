//~ unknown argument; `#[handler]` takes only `name = "…"`, `errors(…)` and `service`
use plugin_api::handler;

#[handler(timeout = "3s")]
fn hello() {}

fn main() {}
