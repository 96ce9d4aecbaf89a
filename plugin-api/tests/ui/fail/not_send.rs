//~ future cannot be sent between threads safely
use std::rc::Rc;

use plugin_api::handler;

#[handler]
async fn hello(event: String) -> String {
    let shared = Rc::new(event);
    std::future::ready(()).await;
    shared.to_string()
}

fn main() {}
