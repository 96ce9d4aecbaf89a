//~ remove the `extern`
use plugin_api::handler;

#[handler]
extern "C" fn hello(event: u32) -> u32 {
    event
}

fn main() {}
