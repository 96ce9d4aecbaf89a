//! The document of an error, not longer than the API takes.

use crate::invocation::FunctionError;

/// The longest name in a document that had to be cut, in bytes.
const MAX_NAME: usize = 256;

/// What ends a message that was cut.
const CUT: &str = " [cut]";

/// The document of `error` in at most `limit` bytes, of which there are more than a name takes. What
/// is too much goes: the outer frames of the stack first, then the end of the message.
pub(super) fn document(error: &FunctionError, limit: usize) -> Vec<u8> {
    let whole = error.to_json();
    if whole.len() <= limit {
        return whole;
    }
    let mut error = error.clone();
    cut(&mut error.name, MAX_NAME);
    loop {
        let document = error.to_json();
        let frames = error.stack_trace.len();
        if document.len() <= limit || (frames == 0 && error.message.len() <= CUT.len()) {
            return document;
        }
        // Escapes make the document longer than the text, so it takes some attempts.
        if frames > 0 {
            error.stack_trace.truncate(frames / 2);
        } else {
            let half = error.message.len() / 2;
            cut(&mut error.message, half.min(limit));
        }
    }
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

    use super::document;
    use crate::invocation::{ErrorKind, FunctionError};

    fn cut(error: &FunctionError, limit: usize) -> Value {
        let document = document(error, limit);
        assert!(document.len() <= limit, "{}", document.len());
        serde_json::from_slice(&document).unwrap()
    }

    #[test]
    fn what_fits_is_told_as_it_is() {
        let error = FunctionError::new(ErrorKind::Handler, "A", "ö".repeat(100));
        let whole = error.to_json();
        assert_eq!(document(&error, whole.len()), whole);
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
