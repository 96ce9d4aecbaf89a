//! Handlers in modules, each with its own name, and the crate's info.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub)]

plugin_api::info! {
    "team": "checkout",
    "links": ["https://example.com/runbook", "a \"quoted\" word\n"],
    "limits": { "tier": 1, "share": -0.5, "beta": false, "owner": null, },
}

/// Has a handler that nobody else sees.
mod private {
    use plugin_api::handler;

    #[derive(serde::Deserialize)]
    pub(super) struct Event {
        pub(super) text: String,
    }

    #[handler(name = "hello")]
    async fn first(event: Event) -> String {
        event.text
    }

    /// Not exported under its own name.
    #[handler(name = "other_hello")]
    fn hello() {}
}

/// The author's own module `private`, by its path.
mod again {
    use super::private;

    #[plugin_api::handler]
    pub(super) fn path(event: private::Event) -> String {
        event.text
    }
}

fn main() {
    let text = String::new();
    again::path(private::Event { text });
}
