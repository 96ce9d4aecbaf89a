//~ a handler takes up to two arguments, the event and the `Context`, in this order
use plugin_api::handler;

#[handler]
async fn add(left: u32, right: u32) -> u32 {
    left + right
}

fn main() {}
