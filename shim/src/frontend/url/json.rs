//! JSON text as it is, without what is between the tokens.

use bytes::Bytes;

use crate::invocation::json;

/// What kind of value a JSON text holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    String,
    /// A number, a list, `true`, `false` or `null`.
    Other,
}

/// Reads all of `text`, and tells what it holds.
pub(super) fn check(text: &[u8]) -> Result<Kind, serde_json::Error> {
    json::check(text)?;
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(match first {
        Some(b'{') => Kind::Object,
        Some(b'"') => Kind::String,
        _ => Kind::Other,
    })
}

/// The same JSON without white space between its tokens: order, numbers and escapes stay as the
/// function wrote them. Not copied when there is nothing to leave out.
pub(super) fn compact(json: Bytes) -> Bytes {
    let mut in_string = false;
    let mut escaped = false;
    let mut kept = |byte: &u8| {
        if in_string {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            in_string = !ends;
            return true;
        }
        in_string = *byte == b'"';
        !byte.is_ascii_whitespace()
    };
    let Some(dense) = json.iter().position(|byte| !kept(byte)) else {
        return json;
    };
    let mut compact = Vec::with_capacity(json.len());
    compact.extend_from_slice(&json[..dense]);
    compact.extend(json[dense + 1..].iter().filter(|byte| kept(byte)));
    compact.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_space_between_tokens_goes() {
        let compacted = |json: &'static str| compact(Bytes::from_static(json.as_bytes()));
        assert_eq!(compacted(r#"["hello", 3, true]"#), r#"["hello",3,true]"#);
        let odd = r#"{"z":1.0e+5,"a":"\" x \\","a":" y "}"#;
        assert_eq!(compacted(odd), odd);
        let spaced = "\t{ \"z\" : 1.0e+5 ,\r\n \"a\" : \"\\\" x \\\\\" , \"a\" : \" y \" } ";
        assert_eq!(compacted(spaced), odd);
        assert_eq!(compacted(""), "");
    }
}
