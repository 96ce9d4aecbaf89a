//! A function that takes an event and answers it, with a state that is made once.

#![forbid(unsafe_code)]

use plugin_api::{Context, Error, Handler, InitContext, handler};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Greeting {
    name: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Reply {
    text: String,
    /// How many greetings this instance has given.
    count: u64,
}

/// What all instances share: made once, when the plugin is loaded.
struct Greeter {
    greeting: String,
}

/// Greets whoever asks, and counts.
#[handler(name = "handler", errors(NoName))]
impl Handler for Greeter {
    type Event = Greeting;
    type Response = Reply;
    /// What one instance keeps between its runs. It runs one event at a time.
    type Instance = u64;

    /// Once. An error here keeps the plugin from being served.
    async fn init(ctx: &InitContext) -> Result<Self, Error> {
        let greeting = ctx.var("GREETING").unwrap_or("Hello").to_owned();
        Ok(Self { greeting })
    }

    /// Once for each instance: open connections here.
    async fn start(&self) -> Result<u64, Error> {
        Ok(0)
    }

    /// Once for each event. `instance` is an error if `start` failed.
    async fn run(
        &self,
        instance: Result<&mut u64, Error>,
        event: Greeting,
        ctx: Context,
    ) -> Result<Reply, Error> {
        let count = instance?;
        if event.name.is_empty() {
            return Err(Error::new("NoName", "there is nobody to greet"));
        }
        *count += 1;
        tracing::info!(name = event.name, left = ?ctx.remaining_time(), "greets");
        Ok(Reply {
            text: format!("{}, {}!", self.greeting, event.name),
            count: *count,
        })
    }

    /// Once for each instance, when it is not needed any more.
    async fn stop(&self, count: u64) -> Result<(), Error> {
        tracing::info!(count, "stopped");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use plugin_api::testing::Function;
    use serde_json::{Value, json};

    use super::{Greeter, Reply};

    #[test]
    fn an_instance_counts() {
        let function = Function::<Greeter>::load().unwrap();
        let event: Value = serde_json::from_str(include_str!("../events/greeting.json")).unwrap();
        for count in 1..3 {
            let reply: Reply = function.invoke(&event).unwrap();
            assert_eq!((reply.text.as_str(), reply.count), ("Hello, you!", count));
        }
        function.stop().unwrap();
    }

    #[test]
    fn the_greeting_is_a_setting() {
        let function = Function::<Greeter>::builder().var("GREETING", "Good day");
        let function = function.load().unwrap();
        let reply: Reply = function.invoke(&json!({ "name": "you" })).unwrap();
        assert_eq!(reply.text, "Good day, you!");
        let reply = function.invoke::<Reply>(&json!({ "name": "" }));
        assert_eq!(reply.unwrap_err().name(), "NoName");
    }
}
