//~ `Reply` cannot be the response of a handler
use plugin_api::{Error, handler};

struct Reply {
    text: String,
}

#[handler]
async fn hello(event: String) -> Result<Reply, Error> {
    Ok(Reply { text: event })
}

fn main() {}
