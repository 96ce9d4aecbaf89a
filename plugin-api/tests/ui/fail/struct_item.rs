//~ `#[handler]` goes on a function
use plugin_api::handler;

#[handler]
struct Hello;

fn main() {}
