//~ a handler owns its event and context: remove the `&`
use plugin_api::handler;

#[handler]
async fn hello(event: &str) -> String {
    event.to_owned()
}

fn main() {}
