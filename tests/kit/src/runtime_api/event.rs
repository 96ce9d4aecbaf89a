//! An event as `/next` delivers it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::Answer;

const ID: &str = "Lambda-Runtime-Aws-Request-Id";
const DEADLINE: &str = "Lambda-Runtime-Deadline-Ms";
const ARN: &str = "Lambda-Runtime-Invoked-Function-Arn";

/// How long a handler has for an event, unless said otherwise.
const TIME: Duration = Duration::from_secs(60);

static NUMBER: AtomicU64 = AtomicU64::new(1);

/// An event as `/next` delivers it: with an id of its own, a deadline in a minute, and a function
/// ARN.
#[derive(Debug, Clone)]
#[must_use = "an event does nothing before it is sent"]
pub struct Event {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Event {
    /// An event of these bytes.
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let event = Self {
            headers: Vec::new(),
            body: body.into(),
        };
        event
            .header(ID, &format!("8476a536-e9f4-4fe8-9739-{number:012x}"))
            .deadline(SystemTime::now() + TIME)
            .header(ARN, "arn:aws:lambda:eu-west-1:123456789012:function:tested")
            .header("Content-Type", "application/json")
    }

    /// Sets a header; there is one of each name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a header out.
    pub fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(found, _)| !found.eq_ignore_ascii_case(name));
        self
    }

    /// Sets the request id.
    pub fn id(self, id: &str) -> Self {
        self.header(ID, id)
    }

    /// Sets the deadline.
    pub fn deadline(self, at: SystemTime) -> Self {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.header(DEADLINE, &since.as_millis().to_string())
    }

    /// Its request id; nothing if it was left out.
    pub fn request_id(&self) -> String {
        let found = self.headers.iter().find(|(name, _)| name == ID);
        found.map(|(_, id)| id.clone()).unwrap_or_default()
    }

    /// The answer that delivers it, for what is not as usual.
    pub fn into_answer(self) -> Answer {
        let id = self.request_id();
        let mut answer = Answer::status(200).body(self.body);
        for (name, value) in &self.headers {
            answer = answer.header(name, value);
        }
        answer.delivers = Some(id);
        answer
    }
}

impl From<&str> for Event {
    fn from(body: &str) -> Self {
        Self::new(body)
    }
}

impl From<String> for Event {
    fn from(body: String) -> Self {
        Self::new(body)
    }
}

impl From<Value> for Event {
    fn from(body: Value) -> Self {
        Self::new(body.to_string())
    }
}

impl From<Event> for Answer {
    fn from(event: Event) -> Self {
        event.into_answer()
    }
}
