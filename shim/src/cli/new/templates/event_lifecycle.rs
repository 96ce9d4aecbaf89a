//! {{description}}, with a state that is made once.

#![forbid(unsafe_code)]

{{imports}}
use plugin_api::{Context, Error, Handler, InitContext, handler};

/// What all instances share: made once, when the plugin is loaded.
struct Worker {
    stage: String,
}

/// Runs for each event.
#[handler(name = "handler")]
impl Handler for Worker {
    type Event = {{event}};
    type Response = {{response}};
    /// What one instance keeps between its runs: here, how many there were.
    type Instance = u64;

    /// Once. An error here keeps the plugin from being served.
    async fn init(ctx: &InitContext) -> Result<Self, Error> {
        let stage = ctx.var("STAGE").unwrap_or("dev").to_owned();
        Ok(Self { stage })
    }

    /// Once for each instance: open connections here.
    async fn start(&self) -> Result<u64, Error> {
        Ok(0)
    }

    /// Once for each event. `instance` is an error if `start` failed.
    async fn run(
        &self,
        instance: Result<&mut u64, Error>,
        event: {{event}},
        ctx: Context,
    ) -> Result<{{response}}, Error> {
        *instance? += 1;
{{body_indented}}
    }

    /// Once for each instance, when it is not needed any more.
    async fn stop(&self, runs: u64) -> Result<(), Error> {
        tracing::info!(runs, stage = self.stage, "stopped");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use plugin_api::testing::Function;
    use serde_json::{Value, json};

    use super::Worker;

    #[test]
    fn the_sample_event_is_handled() {
        let function = Function::<Worker>::load().unwrap();
        let event = include_str!("../events/{{kind}}.json");
        let event: Value = serde_json::from_str(event).unwrap();
        let response: Value = function.invoke(&event).unwrap();
        assert_eq!(response{{field}}, json!({{expected}}));
        function.stop().unwrap();
    }
}
