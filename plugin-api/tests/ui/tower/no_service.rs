//~ `Shop` cannot be the service of a handler
use plugin_api::{Error, handler};

struct Shop;

#[handler(service)]
async fn shop() -> Result<Shop, Error> {
    Ok(Shop)
}

fn main() {}
