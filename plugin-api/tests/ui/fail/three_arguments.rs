//~ a handler takes up to two arguments, the event and the `Context`, in this order
use plugin_api::{Context, handler};

#[handler]
async fn hello(event: String, _ctx: Context, _more: u32) -> String {
    event
}

fn main() {}
