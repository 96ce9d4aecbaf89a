//! What came of a case, as a client saw it, and what may be expected of it.

use shim_testkit::Value;

/// What came of a case.
pub(crate) struct Answer<'a> {
    client: &'a str,
    value: Value,
    /// What the client and the shims have said.
    said: &'a dyn Fn() -> String,
}

impl<'a> Answer<'a> {
    pub(crate) fn new(client: &'a str, value: Value, said: &'a dyn Fn() -> String) -> Self {
        Self {
            client,
            value,
            said,
        }
    }

    /// The case, for messages.
    fn name(&self) -> String {
        format!("{}, case {}", self.client, self.value)
    }

    /// Expects a part.
    #[track_caller]
    pub(crate) fn has(&self, part: &str, value: impl Into<Value>) -> &Self {
        let (name, value) = (self.name(), value.into());
        assert_eq!(self.value[part], value, "{part}: {name}\n{}", (self.said)());
        self
    }

    /// Expects that a text is in a part.
    #[track_caller]
    pub(crate) fn says(&self, part: &str, text: &str) -> &Self {
        let there = self.text(part).contains(text);
        let name = self.name();
        assert!(there, "no `{text}` in {part}: {name}\n{}", (self.said)());
        self
    }

    /// A part that is a text; empty if it is none.
    pub(crate) fn text(&self, part: &str) -> &str {
        self.value[part].as_str().unwrap_or_default()
    }

    /// A part that is a number.
    #[track_caller]
    pub(crate) fn number(&self, part: &str) -> u64 {
        let number = self.value[part].as_u64();
        number.unwrap_or_else(|| panic!("{part} is no number: {}", self.name()))
    }

    /// A part whose text is JSON.
    #[track_caller]
    pub(crate) fn json(&self, part: &str) -> Value {
        let parsed = serde_json::from_str(self.text(part));
        parsed.unwrap_or_else(|error| panic!("{part} is not JSON: {error}: {}", self.name()))
    }

    /// Expects that it went well, at the first attempt, with this status.
    #[track_caller]
    pub(crate) fn succeeded(&self, status: u16) -> &Self {
        self.has("error", Value::Null)
            .has("status", status)
            .has("attempts", 1)
    }

    /// Expects a response of a function that did not fail.
    #[track_caller]
    pub(crate) fn returned(&self) -> &Self {
        self.succeeded(200)
            .has("version", "$LATEST")
            .has("function_error", Value::Null)
    }

    /// Expects a function's error.
    #[track_caller]
    pub(crate) fn function_failed(&self, error_type: &str, text: &str) -> &Self {
        self.succeeded(200)
            .has("version", "$LATEST")
            .has("function_error", "Unhandled")
            .says("payload", text);
        let found = self.json("payload");
        assert_eq!(found["errorType"], error_type, "{}", self.name());
        self
    }

    /// Expects an error of the API.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, error: &str) -> &Self {
        self.has("error", error).has("status", status)
    }

    /// Expects an error of the API, which the client has a type for.
    #[track_caller]
    pub(crate) fn refused_by_type(&self, status: u16, error: &str) -> &Self {
        self.refused(status, error).has("typed", true)
    }
}
