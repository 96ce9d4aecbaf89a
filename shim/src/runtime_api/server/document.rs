//! From the document of an error to the error.

use serde::Deserialize;

use crate::invocation::{ErrorKind, FunctionError};

/// What runtimes say of an error. Some say `trace` for `stackTrace`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Document {
    error_type: Option<String>,
    error_message: Option<String>,
    #[serde(alias = "trace")]
    stack_trace: Option<serde_json::Value>,
}

/// Reads the document of an error; `category` is what the header says, `otherwise` the error's name
/// if nobody says one. A body that is no document is the message.
pub(super) fn error(body: &[u8], category: Option<&str>, otherwise: &str) -> FunctionError {
    let document = serde_json::from_slice(body).unwrap_or_else(|_| Document {
        error_message: Some(String::from_utf8_lossy(body).into_owned()),
        ..Document::default()
    });
    let name = document.error_type.filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| category.unwrap_or(otherwise).to_owned());
    let kind = match name.as_str() {
        "Runtime.Panic" => ErrorKind::Panic,
        "Sandbox.Timedout" => ErrorKind::TimedOut,
        _ => ErrorKind::Handler,
    };
    let mut error = FunctionError::new(kind, name, document.error_message.unwrap_or_default());
    error.stack_trace = frames(document.stack_trace);
    error
}

/// A list of frames, or a text with one a line. A frame that is no text stands as JSON.
fn frames(trace: Option<serde_json::Value>) -> Vec<String> {
    use serde_json::Value;
    let frame = |frame| match frame {
        Value::String(text) => text,
        other => other.to_string(),
    };
    match trace {
        Some(Value::Array(frames)) => frames.into_iter().map(frame).collect(),
        Some(Value::String(text)) => text.lines().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::error;
    use crate::invocation::ErrorKind;

    #[test]
    fn whatever_a_runtime_says_is_an_error() {
        let read = |body: &str, category| error(body.as_bytes(), category, "Function.Unknown");
        let panic = read(
            r#"{"errorType":"Runtime.Panic","errorMessage":"boom","stackTrace":["a",{"b":1}]}"#,
            Some("Runtime.Panic"),
        );
        assert_eq!(panic.kind, ErrorKind::Panic);
        assert_eq!((&*panic.name, &*panic.message), ("Runtime.Panic", "boom"));
        assert_eq!(panic.stack_trace, ["a", r#"{"b":1}"#]);

        let node = read(r#"{"errorType":"E","trace":"E: m\n  at x"}"#, None);
        assert_eq!(node.stack_trace, ["E: m", "  at x"]);

        let plain = read("it broke", Some("Function.Odd"));
        assert_eq!(
            (&*plain.name, &*plain.message),
            ("Function.Odd", "it broke")
        );
        assert_eq!(read("", None).name, "Function.Unknown");
        assert_eq!(read("[]", None).message, "");
    }
}
