//~ a handler takes up to two arguments, the event and the `Context`, in this order
use plugin_api::{Context, handler};

#[handler]
async fn hello(_ctx: Context, event: String) -> String {
    event
}

fn main() {}
