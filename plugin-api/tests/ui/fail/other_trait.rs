//~ `#[handler]` goes on an `impl plugin_api::Handler for …` block
use plugin_api::handler;

struct Hello;

#[handler]
impl Default for Hello {
    fn default() -> Self {
        Self
    }
}

fn main() {}
