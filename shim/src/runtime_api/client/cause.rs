//! An error as X-Ray is told of it.

use std::fmt::Write as _;

use serde::Serialize;

use crate::invocation::FunctionError;

/// The longest value of the header, in bytes. Lambda takes 1 MiB, but servers have limits of their own
/// for all headers together.
const LIMIT: usize = 16 * 1024;

#[derive(Serialize)]
struct Cause<'a> {
    working_directory: String,
    exceptions: [Exception<'a>; 1],
    paths: [&'a str; 0],
}

#[derive(Serialize)]
struct Exception<'a> {
    r#type: &'a str,
    message: &'a str,
    stack: Vec<Frame<'a>>,
}

#[derive(Serialize)]
struct Frame<'a> {
    label: &'a str,
}

/// The error as a segment of a trace shows it: JSON on one line of ASCII, without its stack where that
/// would be too long; `None` if it is too long even so.
pub(super) fn cause(error: &FunctionError) -> Option<String> {
    let written = |frames: &[String]| {
        let directory = std::env::current_dir().unwrap_or_default();
        let cause = Cause {
            working_directory: directory.to_string_lossy().into_owned(),
            exceptions: [Exception {
                r#type: &error.name,
                message: &error.message,
                stack: frames.iter().map(|label| Frame { label }).collect(),
            }],
            paths: [],
        };
        let json = serde_json::to_string(&cause).ok()?;
        let ascii = ascii(&json);
        (ascii.len() <= LIMIT).then_some(ascii)
    };
    written(&error.stack_trace).or_else(|| written(&[]))
}

/// JSON text in which everything else is an escape.
fn ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for char in json.chars() {
        match char {
            ' '..='~' => ascii.push(char),
            _ => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    // A `String` takes everything.
                    let _ = write!(ascii, "\\u{unit:04x}");
                }
            }
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{LIMIT, cause};
    use crate::invocation::{ErrorKind, FunctionError};

    #[test]
    fn a_cause_is_one_line_that_a_header_can_hold() {
        let mut error = FunctionError::new(ErrorKind::Panic, "Runtime.Panic", "é\r\n😀\u{7f}");
        error.stack_trace = vec!["main at src/lib.rs:1".to_owned()];
        let cause = cause(&error).unwrap();
        assert!(cause.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        let cause: Value = serde_json::from_str(&cause).unwrap();
        let exception = json!({
            "type": "Runtime.Panic", "message": "é\r\n😀\u{7f}",
            "stack": [{ "label": "main at src/lib.rs:1" }],
        });
        assert_eq!(cause["exceptions"], json!([exception]));
        assert_eq!(cause["paths"], json!([]));
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        let mut error = FunctionError::new(ErrorKind::Handler, "E", "m");
        error.stack_trace = vec!["x".repeat(LIMIT)];
        let short: Value = serde_json::from_str(&cause(&error).unwrap()).unwrap();
        assert_eq!(short["exceptions"][0]["stack"], json!([]));
        error.message = "x".repeat(LIMIT);
        assert_eq!(cause(&error), None);
    }
}
