//! A case, and how a client is made to do cases.

use std::fs;

use shim_testkit::{Value, json};

use crate::answer::Answer;
use crate::environment::Client;
use crate::served::{Served, keys};

/// A call, and what must come of it.
pub(crate) struct Case {
    name: String,
    call: Value,
    expected: fn(&Answer<'_>),
}

impl Case {
    /// A call of `operation` with signature, to the endpoint that serves everybody.
    fn call(served: &Served, operation: &str, name: &str, function: &str) -> Self {
        let call = json!({
            "case": name,
            "operation": operation,
            "endpoint": served.open(),
            "keys": keys(),
            "function": function,
            "payload": "{}",
        });
        Self {
            name: name.to_owned(),
            call,
            expected: |_| {},
        }
    }

    /// `Invoke`
    pub(crate) fn invoke(served: &Served, name: &str, function: &str) -> Self {
        Self::call(served, "invoke", name, function)
    }

    /// `InvokeWithResponseStream`
    pub(crate) fn stream(served: &Served, name: &str, function: &str) -> Self {
        Self::call(served, "stream", name, function)
    }

    /// `InvokeAsync`
    pub(crate) fn invoke_async(served: &Served, name: &str, function: &str) -> Self {
        Self::call(served, "invoke_async", name, function)
    }

    /// A URL for `Invoke` that holds its signature.
    pub(crate) fn presigned(served: &Served, name: &str, function: &str) -> Self {
        Self::call(served, "presigned", name, function)
    }

    /// Sets a part of the call; null takes it away.
    pub(crate) fn with(mut self, part: &str, value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Null => {
                self.call.as_object_mut().unwrap().remove(part);
            }
            value => self.call[part] = value,
        }
        self
    }

    /// The event, in JSON.
    pub(crate) fn event(self, event: &Value) -> Self {
        self.with("payload", event.to_string())
    }

    /// Calls another endpoint.
    pub(crate) fn at(self, endpoint: String) -> Self {
        self.with("endpoint", endpoint)
    }

    /// Says what must come of it.
    pub(crate) fn expect(mut self, expected: fn(&Answer<'_>)) -> Self {
        self.expected = expected;
        self
    }
}

/// Makes a client do the cases in their order, and looks at what came of each.
pub(crate) fn check_all(name: &str, client: &Client, served: &Served, cases: &[Case]) {
    let calls: Vec<&Value> = cases.iter().map(|case| &case.call).collect();
    let file = client.folder().join("cases.json");
    fs::write(&file, json!(calls).to_string()).unwrap();
    let done = client
        .command()
        .word(&file)
        .env("AWS_ENDPOINT_URL_LAMBDA", served.open())
        .run();
    done.expect_code(0);
    let stdout = done.stdout();
    let mut lines = stdout.lines();
    for case in cases {
        let line = lines.next().unwrap_or_default();
        let value: Value = serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("{name}: {}: {error}: {line}", case.name));
        assert_eq!(value["case"], case.name, "{name} has left out a case");
        let said = || format!("{}\n{}", done.stderr(), served.said());
        (case.expected)(&Answer::new(name, value, &said));
    }
    assert_eq!(lines.next(), None, "{name} has done more than all cases");
}
