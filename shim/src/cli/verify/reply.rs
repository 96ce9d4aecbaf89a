//! What came back, in one form whatever the door: an answer or an error, with the handler's logs.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::response::Parts;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::lambda::EXITED;
use super::logs::Logs;
use super::served::NO_ANSWER;
use super::web::Answers;
use crate::invocation::FunctionError;

/// What stands for the request id, which is another one each time.
const REQUEST_ID: &str = "<request id>";

/// Errors of invocations whose process may have been killed.
const KILLED: [&str; 3] = [EXITED, NO_ANSWER, "Sandbox.Timedout"];

/// One event through one door, once.
pub(super) struct Run {
    /// Empty where nothing was told of it.
    pub(super) request_id: String,
    pub(super) reply: Reply,
}

/// What came back.
pub(super) enum Reply {
    /// There is no such way for this event.
    NotSent,
    /// The answer of the function; a web handler's in the form of the event.
    Answer(Bytes, Option<Answers>),
    /// The response of a web handler, or an error that looks like one.
    Web(Box<Parts>, Bytes, Answers),
    /// The document of an error.
    Document(Bytes),
    /// An error of the function, or on the way to it.
    Error(FunctionError),
}

/// What is compared. `None`: the event was not sent.
pub(super) type Seen = Option<Value>;

impl Run {
    /// All that was seen of it: an answer or an error, and `logs`.
    pub(super) fn seen(&self, logs: &Logs) -> Seen {
        let failed = || logs.failed(&self.request_id);
        let (kind, value) = match &self.reply {
            Reply::NotSent => return None,
            Reply::Answer(bytes, answers) => answer(&self.anonymous(bytes), *answers),
            // `shim serve` answers errors of a web handler with a document like any other's.
            Reply::Web(_, body, _) if failed() => document(&self.anonymous(body)),
            Reply::Web(head, body, answers) => {
                ("answer", answers.over_http(head, &self.anonymous(body)))
            }
            Reply::Document(bytes) => document(&self.anonymous(bytes)),
            Reply::Error(error) => document(&self.anonymous(&error.to_json())),
        };
        let mut seen = Map::new();
        // What a process has not written yet when it is killed, nobody knows.
        let name = value
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let was_killed = KILLED.contains(&name);
        seen.insert(kind.to_owned(), value);
        if was_killed {
            return Some(Value::Object(seen));
        }
        let lines = Value::Array(logs.of(&self.request_id)).to_string();
        let lines = serde_json::from_slice(&self.anonymous(lines.as_bytes()));
        seen.insert("logs".to_owned(), lines.unwrap_or_default());
        Some(Value::Object(seen))
    }
}

impl Run {
    /// With a word in place of the request id, which is no difference.
    fn anonymous(&self, bytes: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(bytes) {
            Ok(text) if !self.request_id.is_empty() => {
                text.replace(&self.request_id, REQUEST_ID).into_bytes()
            }
            _ => bytes.to_vec(),
        }
    }
}

/// What kind of answer it is, and the answer.
fn answer(bytes: &[u8], answers: Option<Answers>) -> (&'static str, Value) {
    if let Ok(json) = serde_json::from_slice::<Value>(bytes) {
        return match answers {
            Some(answers) => ("answer", answers.comparable(json)),
            None => ("answer", json),
        };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => ("answer as text", text.into()),
        Err(_) => ("answer in base64", BASE64_STANDARD.encode(bytes).into()),
    }
}

/// Name, message, and whether there is a stack trace: its frames are another host's.
fn document(bytes: &[u8]) -> (&'static str, Value) {
    #[derive(Deserialize, Default)]
    #[serde(rename_all = "camelCase", default)]
    struct Document {
        error_type: String,
        error_message: String,
        stack_trace: Vec<Value>,
    }
    let document = serde_json::from_slice(bytes).unwrap_or_else(|_| Document {
        error_message: String::from_utf8_lossy(bytes).into_owned(),
        ..Document::default()
    });
    // Before the texts of some errors the Invoke API says whose they are, as Lambda's does.
    let whose = format!("RequestId: {REQUEST_ID} Error: ");
    let message = document.error_message;
    let message = message.strip_prefix(&whose).unwrap_or(&message);
    let error = json!({
        "type": document.error_type,
        "message": message,
        "stackTrace": !document.stack_trace.is_empty(),
    });
    ("error", error)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Reply, Run};
    use crate::cli::verify::logs::Logs;

    fn seen(reply: Reply) -> serde_json::Value {
        let request_id = "r-1".to_owned();
        Run { request_id, reply }.seen(&Logs::default()).unwrap()
    }

    #[test]
    fn answers_are_json_text_or_bytes() {
        let answer = |bytes: &'static [u8]| seen(Reply::Answer(bytes.into(), None));
        let id = json!({"answer": {"id": "<request id>"}, "logs": []});
        assert_eq!(answer(br#"{"id":"r-1"}"#), id);
        assert_eq!(answer(b"")["answer as text"], "");
        assert_eq!(answer(&[0xff])["answer in base64"], "/w==");
    }

    #[test]
    fn errors_have_a_name_and_a_message_and_perhaps_a_trace() {
        let late = br#"{"errorType":"T","errorMessage":"RequestId: r-1 Error: late"}"#;
        let error = &seen(Reply::Document(late.as_slice().into()))["error"];
        assert_eq!(
            *error,
            json!({"type": "T", "message": "late", "stackTrace": false})
        );
        let odd = seen(Reply::Document("no JSON".into()));
        assert_eq!(odd["error"]["message"], "no JSON");
    }
}
