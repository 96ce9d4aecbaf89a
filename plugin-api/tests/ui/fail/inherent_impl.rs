//~ `#[handler]` goes on an `impl plugin_api::Handler for …` block
use plugin_api::handler;

struct Hello;

#[handler]
impl Hello {
    async fn run(&self) {}
}

fn main() {}
