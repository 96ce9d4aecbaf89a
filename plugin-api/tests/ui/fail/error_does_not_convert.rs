//~ `OrderError` cannot be the error of a handler
use plugin_api::handler;

enum OrderError {
    Empty,
}

#[handler]
async fn order(event: String) -> Result<String, OrderError> {
    if event.is_empty() {
        return Err(OrderError::Empty);
    }
    Ok(event)
}

fn main() {}
