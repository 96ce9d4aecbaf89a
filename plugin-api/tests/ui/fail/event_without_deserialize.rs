//~ `Greeting` cannot be the event of a handler
use plugin_api::handler;

struct Greeting {
    name: String,
}

#[handler]
async fn hello(event: Greeting) -> String {
    event.name
}

fn main() {}
