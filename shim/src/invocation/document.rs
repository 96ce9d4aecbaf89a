//! The document of an error, not longer than Lambda takes one.

use super::error::{ErrorKind, FunctionError};
use super::request_id::RequestId;

/// The largest document of an error, in bytes: what Lambda's managed instances take. It is the same
/// wherever a function runs and whoever asks.
pub const MAX_ERROR: usize = 1 << 20;

/// The longest name in a document that had to be cut, in bytes.
const MAX_NAME: usize = 256;

/// What ends a message that was cut.
const CUT: &str = " [cut]";

impl FunctionError {
    /// The document that callers read: `errorType`, `errorMessage`, and a `stackTrace` where there
    /// is one. The field names are AWS Lambda's. It has at most [`MAX_ERROR`] bytes; what is too
    /// much goes, as in [`to_json_within`](Self::to_json_within).
    pub fn to_json(&self) -> Vec<u8> {
        self.to_json_within(MAX_ERROR)
    }

    /// The same for the caller of invocation `id`: a timeout's text names it, as Lambda's does.
    pub fn to_json_of(&self, id: &RequestId) -> Vec<u8> {
        if self.kind != ErrorKind::TimedOut {
            return self.to_json();
        }
        let message = format!("RequestId: {id} Error: {}", self.message);
        Self::new(self.kind, self.name.as_str(), message).to_json()
    }

    /// The same in at most `limit` bytes, of which there are more than a name takes. What is too
    /// much goes: the outer frames of the stack first, then the end of the message, which says so.
    pub fn to_json_within(&self, limit: usize) -> Vec<u8> {
        let whole = whole(self);
        if whole.len() <= limit {
            return whole;
        }
        let mut error = self.clone();
        cut(&mut error.name, MAX_NAME);
        loop {
            let document = self::whole(&error);
            let frames = error.stack_trace.len();
            if document.len() <= limit || (frames == 0 && error.message.len() <= CUT.len()) {
                return document;
            }
            // Escapes make the document longer than the text, so it takes some attempts.
            if frames > 0 {
                error.stack_trace.truncate(frames / 2);
            } else {
                let (excess, length) = (document.len() - limit, error.message.len());
                let most = match length / 2 {
                    half if excess < half => length - excess,
                    half => half,
                };
                cut(&mut error.message, most);
            }
        }
    }
}

/// All of it.
fn whole(error: &FunctionError) -> Vec<u8> {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Document<'a> {
        error_type: &'a str,
        error_message: &'a str,
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        stack_trace: &'a [String],
    }
    let document = Document {
        error_type: &error.name,
        error_message: &error.message,
        stack_trace: &error.stack_trace,
    };
    // Strings always serialise.
    serde_json::to_vec(&document).unwrap_or_default()
}

/// Cuts a text to at most `most` bytes, at a character, and says so at its end.
fn cut(text: &mut String, most: usize) {
    if text.len() <= most {
        return;
    }
    let mut end = most.saturating_sub(CUT.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.push_str(CUT);
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::MAX_ERROR;
    use crate::invocation::{ErrorKind, FunctionError};

    fn cut(error: &FunctionError, limit: usize) -> Value {
        let document = error.to_json_within(limit);
        assert!(document.len() <= limit, "{}", document.len());
        serde_json::from_slice(&document).unwrap()
    }

    #[test]
    fn what_fits_is_told_as_it_is() {
        let error = FunctionError::new(ErrorKind::Handler, "A", "ö".repeat(100));
        let whole = error.to_json();
        assert_eq!(error.to_json_within(whole.len()), whole);
    }

    #[test]
    fn a_mebibyte_is_told_and_no_more() {
        let around = FunctionError::new(ErrorKind::Handler, "A", "")
            .to_json()
            .len();
        let told =
            |bytes: usize| FunctionError::new(ErrorKind::Handler, "A", "x".repeat(bytes)).to_json();
        assert_eq!(told(MAX_ERROR - around).len(), MAX_ERROR);
        let cut = told(MAX_ERROR - around + 1);
        assert!(cut.len() == MAX_ERROR && cut.ends_with(b" [cut]\"}"));
    }

    #[test]
    fn outer_frames_go_before_the_message() {
        let mut error = FunctionError::new(ErrorKind::Panic, "Runtime.Panic", "boom");
        error.stack_trace = (0..200).map(|at| format!("frame number {at}")).collect();
        let document = cut(&error, 1000);
        assert_eq!(document["errorMessage"], "boom");
        assert_eq!(document["stackTrace"][0], "frame number 0");
        assert!(document["stackTrace"].as_array().unwrap().len() > 10);
    }

    #[test]
    fn whatever_a_text_is_made_of_it_is_cut() {
        for text in ["x", "\0", "ö", "🦀", "\""] {
            let long = text.repeat(100_000);
            let mut error = FunctionError::new(ErrorKind::Handler, long.clone(), long.clone());
            error.stack_trace.push(long);
            let document = cut(&error, 2700);
            let message = document["errorMessage"].as_str().unwrap();
            assert!(message.starts_with(text) && message.ends_with(" [cut]"));
        }
    }
}
