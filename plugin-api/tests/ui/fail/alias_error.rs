//~ `NoError` cannot be the error of a handler
use plugin_api::handler;

#[derive(serde::Serialize)]
struct NoError;

type Answer = Result<u32, NoError>;

#[handler]
async fn hello(event: String) -> Answer {
    event.parse().map_err(|_| NoError)
}

fn main() {}
