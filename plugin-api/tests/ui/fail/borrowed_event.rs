//~ a handler owns its event
use plugin_api::handler;
use serde::Deserialize;

#[derive(Deserialize)]
struct Greeting<'a> {
    name: &'a str,
}

#[handler]
fn hello(event: Greeting<'_>) -> String {
    event.name.to_owned()
}

fn main() {}
