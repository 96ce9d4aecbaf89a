//! What `cargo lambda new` makes.

use lambda_runtime::{Error, tracing};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    peer_runtime::serve().await
}
