//! A request body inside an event: as text where it surely is text, in base64 otherwise.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};

/// The event's `body` and `isBase64Encoded`. An empty body is absent.
///
/// Text is what has a content type of text, no `content-encoding`, and UTF-8 bytes.
pub(super) fn body<'a>(headers: &HeaderMap, bytes: &'a [u8]) -> (Option<Cow<'a, str>>, bool) {
    if bytes.is_empty() {
        return (None, false);
    }
    if is_text(headers)
        && let Ok(text) = str::from_utf8(bytes)
    {
        return (Some(text.into()), false);
    }
    (Some(STANDARD.encode(bytes).into()), true)
}

fn is_text(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(is_text_type)
        && !headers.contains_key(header::CONTENT_ENCODING)
}

/// `text/*`, JSON, JavaScript, XML, and what is built on JSON or XML. HTML forms are not among
/// them: function URLs send those in base64.
fn is_text_type(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    let media_type = media_type.trim().to_ascii_lowercase();
    media_type.starts_with("text/")
        || matches!(
            media_type.as_str(),
            "application/json" | "application/javascript" | "application/xml"
        )
        || media_type.ends_with("+json")
        || media_type.ends_with("+xml")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn text_families_are_text() {
        for text in [
            "text/plain",
            "TEXT/HTML; charset=utf-8",
            "application/json",
            "Application/JSON ; charset=utf-8",
            "application/javascript",
            "application/xml",
            "application/problem+json",
            "image/svg+xml",
        ] {
            assert!(is_text_type(text), "{text}");
        }
        for binary in [
            "",
            "application/octet-stream",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=json",
            "application/jsonish",
            "image/png",
        ] {
            assert!(!is_text_type(binary), "{binary}");
        }
    }

    #[test]
    fn what_is_encoded_or_not_utf_8_or_of_no_type_is_base64() {
        let json = HeaderMap::from_iter([(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        )]);
        assert_eq!(body(&json, b"{}"), (Some("{}".into()), false));
        assert_eq!(body(&json, b"\xff{}"), (Some("/3t9".into()), true));
        assert_eq!(body(&json, b""), (None, false));
        let mut zipped = json;
        zipped.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(body(&zipped, b"{}"), (Some("e30=".into()), true));
        assert_eq!(body(&HeaderMap::new(), b"{}"), (Some("e30=".into()), true));
    }
}
