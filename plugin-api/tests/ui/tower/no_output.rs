//~ this function returns no service
use plugin_api::handler;

#[handler(service)]
async fn shop() {}

fn main() {}
