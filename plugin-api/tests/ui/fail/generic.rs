//~ a handler cannot be generic
use plugin_api::handler;
use serde::de::DeserializeOwned;

#[handler]
fn hello<T: DeserializeOwned>(event: T) {
    drop(event);
}

fn main() {}
