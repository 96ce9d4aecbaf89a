//! A line of the shim's log.

use std::cmp::Ordering;
use std::ops::Index;

use serde_json::Value;

/// A line of the shim's log, in JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Log(Value);

impl Log {
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        value.is_object().then_some(Self(value))
    }

    pub(crate) fn by_time(one: &Self, other: &Self) -> Ordering {
        one.text("timestamp").cmp(other.text("timestamp"))
    }

    /// The text of a key; nothing if there is none.
    pub fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    /// Its message.
    pub fn message(&self) -> &str {
        self.text("message")
    }

    /// Its level, in capitals.
    pub fn level(&self) -> &str {
        self.text("level")
    }

    /// The request id of the invocation that it belongs to.
    pub fn request_id(&self) -> &str {
        self.text("requestId")
    }

    /// Whether it has this message.
    pub fn says(&self, message: &str) -> bool {
        self.message() == message
    }

    /// Whether it is the line of an invocation.
    pub fn is_invocation(&self) -> bool {
        self.text("target") == "shim::invocation"
    }
}

impl Index<&str> for Log {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        &self.0[key]
    }
}
