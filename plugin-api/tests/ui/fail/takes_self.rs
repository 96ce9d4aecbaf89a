//~ a handler is a free function
use plugin_api::handler;

struct Shop;

impl Shop {
    #[handler]
    fn hello(&self, event: String) -> String {
        event
    }
}

fn main() {}
