//! From a response to the JSON that a gateway expects.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::Form;
use crate::invocation::{Body, ErrorKind, FunctionError};

/// The answer in `form`, as JSON text, for a response with this head and the whole `body`.
///
/// - payload format 1.0: `multiValueHeaders`;
/// - payload format 2.0: `headers` with repeated ones joined by `,`, and `cookies`;
/// - a load balancer's: `statusDescription`, and `headers` or `multiValueHeaders` as the event had
///   them. In `headers` there is place for one `set-cookie` only: the first.
///
/// The body is text if its content type says so (or there is none), it is not encoded, and it is
/// UTF-8; base64 otherwise. A `content-length` that is wrong, and `transfer-encoding`, are left out.
pub fn response(form: Form, head: &Parts, body: &[u8]) -> Vec<u8> {
    let body = match head.status {
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED => &[],
        _ => body,
    };
    // Headers, escapes in the body, or base64, which is longer by a third.
    let mut json = Vec::with_capacity(512 + body.len() / 2 * 3);
    json.extend_from_slice(b"{\"statusCode\":");
    json.extend_from_slice(head.status.as_str().as_bytes());
    let length = Some(body.len());
    match form {
        Form::V1 => put_lists(&mut json, &head.headers, length),
        Form::V2 => {
            put_joined(&mut json, &head.headers, length, false);
            put_cookies(&mut json, &head.headers);
        }
        Form::Alb { multi_value } => {
            let reason = head.status.canonical_reason().unwrap_or_default();
            let description = format!("{} {reason}", head.status.as_str());
            json.extend_from_slice(b",\"statusDescription\":");
            put_text(&mut json, description.trim_end());
            if multi_value {
                put_lists(&mut json, &head.headers, length);
            } else {
                put_joined(&mut json, &head.headers, length, true);
            }
        }
    }
    put_body(&mut json, &head.headers, body);
    json.push(b'}');
    json
}

/// The response, if it can be an answer.
///
/// # Errors
/// Its status is not a final one.
pub fn checked(response: http::Response<Body>) -> Result<http::Response<Body>, FunctionError> {
    let status = response.status();
    if !status.is_informational() {
        return Ok(response);
    }
    let message = format!("the handler answered with status {status}, which is not a final one");
    let name = "Runtime.BadResponse";
    Err(FunctionError::new(ErrorKind::Handler, name, message))
}

/// A name's place in a map of headers, unless what it says would be wrong there. With `length`, the
/// body is whole and has so many bytes.
fn is_kept(name: &HeaderName, headers: &HeaderMap, length: Option<usize>) -> bool {
    if *name == header::TRANSFER_ENCODING {
        return false;
    }
    // An answer without a body may say the length of the one that it stands for.
    let Some(length) = length.filter(|length| *length > 0 && *name == header::CONTENT_LENGTH)
    else {
        return true;
    };
    let mut said = headers.get_all(name).iter();
    let right = said.next().is_some_and(|said| {
        let said = said.to_str().ok().and_then(|said| said.parse().ok());
        said == Some(length)
    });
    right && said.next().is_none()
}

/// `"headers":{"name":"value,value"}`
pub(super) fn put_joined(
    json: &mut Vec<u8>,
    headers: &HeaderMap,
    length: Option<usize>,
    with_cookie: bool,
) {
    json.extend_from_slice(b",\"headers\":{");
    let mut comma = "";
    for name in headers.keys().filter(|name| is_kept(name, headers, length)) {
        let mut values = headers.get_all(name).iter();
        let Some(first) = values.next() else {
            continue;
        };
        let joined = if *name == header::SET_COOKIE {
            if !with_cookie {
                continue;
            }
            // What is joined is no cookie any more.
            text(first)
        } else {
            values.fold(text(first), |mut joined, value| {
                let all = joined.to_mut();
                all.push(',');
                all.push_str(&text(value));
                joined
            })
        };
        json.extend_from_slice(comma.as_bytes());
        comma = ",";
        put_text(json, name.as_str());
        json.push(b':');
        put_text(json, &joined);
    }
    json.push(b'}');
}

/// `"multiValueHeaders":{"name":["value","value"]}`
fn put_lists(json: &mut Vec<u8>, headers: &HeaderMap, length: Option<usize>) {
    json.extend_from_slice(b",\"multiValueHeaders\":{");
    let mut comma = "";
    for name in headers.keys().filter(|name| is_kept(name, headers, length)) {
        json.extend_from_slice(comma.as_bytes());
        comma = ",";
        put_text(json, name.as_str());
        json.push(b':');
        put_list(json, headers.get_all(name));
    }
    json.push(b'}');
}

/// `"cookies":["a=1","b=2"]`, if there are any.
pub(super) fn put_cookies(json: &mut Vec<u8>, headers: &HeaderMap) {
    if headers.contains_key(header::SET_COOKIE) {
        json.extend_from_slice(b",\"cookies\":");
        put_list(json, headers.get_all(header::SET_COOKIE));
    }
}

fn put_list<'a>(json: &mut Vec<u8>, values: impl IntoIterator<Item = &'a HeaderValue>) {
    json.push(b'[');
    for (index, value) in values.into_iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        put_text(json, &text(value));
    }
    json.push(b']');
}

fn put_body(json: &mut Vec<u8>, headers: &HeaderMap, body: &[u8]) {
    json.extend_from_slice(b",\"body\":");
    let as_text = is_text(headers).then(|| std::str::from_utf8(body).ok());
    if let Some(body) = as_text.flatten() {
        put_text(json, body);
        json.extend_from_slice(b",\"isBase64Encoded\":false");
        return;
    }
    json.push(b'"');
    let start = json.len();
    let length = base64::encoded_len(body.len(), true).unwrap_or_default();
    json.resize(start + length, 0);
    // It has just the room that it takes.
    let written = STANDARD.encode_slice(body, &mut json[start..]);
    json.truncate(start + written.unwrap_or_default());
    json.extend_from_slice(b"\",\"isBase64Encoded\":true");
}

/// Text by what the headers say: `text/*`, JSON, JavaScript, XML, YAML, what is built on them, and
/// what has no type at all.
fn is_text(headers: &HeaderMap) -> bool {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return false;
    }
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let media_type = content_type.to_str().unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let media_type = media_type.to_ascii_lowercase();
    let (family, kind) = media_type.split_once('/').unwrap_or((&media_type, ""));
    let kind = kind.rsplit('+').next().unwrap_or_default();
    family == "text"
        || matches!(kind, "json" | "xml" | "yaml")
        || (family, kind) == ("application", "javascript")
}

/// What is not UTF-8 in a value cannot stand in JSON.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

fn put_text(json: &mut Vec<u8>, text: &str) {
    // Text always serialises, and a vector takes all of it.
    let _ = serde_json::to_writer(json, text);
}
