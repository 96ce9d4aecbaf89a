//! {{description}}.

#![forbid(unsafe_code)]

{{imports}}
use plugin_api::{Context, Error, handler};

/// Runs for each event.
#[handler]
async fn handler(event: {{event}}, ctx: Context) -> Result<{{response}}, Error> {
{{body}}
}

#[cfg(test)]
mod tests {
    use plugin_api::testing::Function;
    use serde_json::{Value, json};

    use super::handler;

    #[test]
    fn the_sample_event_is_handled() {
        let function = Function::<handler>::load().unwrap();
        let event = include_str!("../events/{{kind}}.json");
        let event: Value = serde_json::from_str(event).unwrap();
        let response: Value = function.invoke(&event).unwrap();
        assert_eq!(response{{field}}, json!({{expected}}));
    }
}
