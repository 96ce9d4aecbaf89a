//~ `errors(…)` names one error at least
use plugin_api::handler;

#[handler(errors())]
fn hello() {}

fn main() {}
