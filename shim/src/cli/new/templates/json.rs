//! A function that takes an event and answers it.

#![forbid(unsafe_code)]

use plugin_api::{Context, Error, handler};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Greeting {
    name: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Reply {
    text: String,
}

/// Greets whoever asks.
#[handler(errors(NoName))]
async fn handler(event: Greeting, ctx: Context) -> Result<Reply, Error> {
    if event.name.is_empty() {
        return Err(Error::new("NoName", "there is nobody to greet"));
    }
    tracing::info!(name = event.name, left = ?ctx.remaining_time(), "greets");
    let text = format!("Hello, {}!", event.name);
    Ok(Reply { text })
}

#[cfg(test)]
mod tests {
    use plugin_api::testing::Function;
    use serde_json::{Value, json};

    use super::{Reply, handler};

    #[test]
    fn the_sample_event_is_answered() {
        let function = Function::<handler>::load().unwrap();
        let event: Value = serde_json::from_str(include_str!("../events/greeting.json")).unwrap();
        let reply: Reply = function.invoke(&event).unwrap();
        assert_eq!(reply.text, "Hello, you!");
    }

    #[test]
    fn nobody_is_not_greeted() {
        let function = Function::<handler>::load().unwrap();
        let reply = function.invoke::<Reply>(&json!({ "name": "" }));
        assert_eq!(reply.unwrap_err().name(), "NoName");
    }
}
