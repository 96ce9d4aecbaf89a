//! Payloads inside documents.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::{RawValue, to_raw_value};

/// The payload as one value on one line: JSON without the space between its parts, other text as a
/// string, other bytes as a string of base64, nothing as `null`. Numbers and the order of keys stay
/// as they are.
pub(super) fn embed(payload: &[u8]) -> Box<RawValue> {
    let value = match (parse(payload), std::str::from_utf8(payload)) {
        (Some(value), _) => RawValue::from_string(compact(value.get())),
        (None, Ok("")) => return RawValue::NULL.to_owned(),
        (None, Ok(text)) => to_raw_value(text),
        (None, Err(_)) => to_raw_value(&STANDARD.encode(payload)),
    };
    // Compact JSON is JSON, and strings always serialise.
    value.unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// The payload exactly as it is, if it is JSON that can stand in a line.
pub(super) fn verbatim(payload: &[u8]) -> Option<&RawValue> {
    let fits = |value: &&RawValue| {
        let text = value.get();
        text.len() == payload.len() && !text.contains(['\n', '\r'])
    };
    parse(payload).filter(fits)
}

fn parse(payload: &[u8]) -> Option<&RawValue> {
    serde_json::from_slice(payload).ok()
}

/// `json` without white space outside of strings.
fn compact(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let keep = |char: &char| {
        let keep = in_string || !char.is_ascii_whitespace();
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = in_string,
            '"' => in_string = !in_string,
            _ => {}
        }
        keep
    };
    json.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::{embed, verbatim};

    #[test]
    fn a_payload_becomes_one_value_on_one_line() {
        let embed = |payload: &[u8]| embed(payload).get().to_owned();
        let pretty = b" {\n  \"z a\" : [1.10, 2e400 ],\r\n\t\"a\\\"\\\\ b\": \" \\n \" } \n";
        assert_eq!(embed(pretty), r#"{"z a":[1.10,2e400],"a\"\\ b":" \n "}"#);
        assert_eq!(embed(b"not json"), r#""not json""#);
        assert_eq!(embed(b"\xff\x00"), r#""/wA=""#);
        assert_eq!(embed(b""), "null");
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert_eq!(embed(deep.as_bytes()), deep);
    }

    #[test]
    fn only_what_comes_back_byte_by_byte_is_verbatim() {
        let json = br#"{"a": [1, 2.50]}"#;
        assert_eq!(verbatim(json).unwrap().get().as_bytes(), json);
        assert!(verbatim(b"{\n}").is_none());
        assert!(verbatim(b"{} ").is_none());
        assert!(verbatim(b"text").is_none());
        assert!(verbatim(b"").is_none());
    }
}
