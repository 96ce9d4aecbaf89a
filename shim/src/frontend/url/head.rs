//! Status, headers and cookies of a response, as functions write them.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::invocation::Body;

/// The members of a response in payload format 2.0; a streamed one begins with the first three.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Members<'a> {
    #[serde(borrow)]
    pub(super) status_code: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) headers: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) cookies: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) body: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) is_base64_encoded: Option<&'a RawValue>,
}

/// Status and headers of a response; each cookie is a `set-cookie` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// A final status: 200 to 599.
    pub status: StatusCode,
    /// At least a `content-type`, and none that would break the connection.
    pub headers: HeaderMap,
}

impl Head {
    /// Reads the head from `members`: status 200 when there is none, and `content_type` when the
    /// function names none.
    pub(super) fn read(
        members: &Members<'_>,
        content_type: &'static str,
    ) -> Result<Self, HeadError> {
        let mut head = Self {
            status: members.status_code.map_or(Ok(StatusCode::OK), status)?,
            headers: HeaderMap::new(),
        };
        if let Some(headers) = members.headers {
            head.read_headers(headers)?;
        }
        if let Some(cookies) = members.cookies {
            head.read_cookies(cookies)?;
        }
        if !head.headers.contains_key(header::CONTENT_TYPE) {
            let content_type = HeaderValue::from_static(content_type);
            let inserted = head.headers.try_insert(header::CONTENT_TYPE, content_type);
            inserted.map_err(|_| HeadError::TooManyHeaders)?;
        }
        Ok(head)
    }

    /// The response with this head and `body`.
    pub fn with_body(self, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }

    /// Of names that differ only in case, one counts.
    fn read_headers(&mut self, headers: &RawValue) -> Result<(), HeadError> {
        let headers: BTreeMap<String, Value> =
            serde_json::from_str(headers.get()).map_err(|_| HeadError::Headers)?;
        for (name, value) in headers {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => Some(text),
                Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
                Value::Array(_) | Value::Object(_) => None,
            };
            let Ok(parsed) = HeaderName::from_bytes(name.as_bytes()) else {
                let name = shortened(&name);
                return Err(HeadError::HeaderName { name });
            };
            let value = text.and_then(|text| HeaderValue::try_from(text.into_bytes()).ok());
            let Some(value) = value else {
                let name = shortened(&name);
                return Err(HeadError::HeaderValue { name });
            };
            let inserted = self.headers.try_insert(remapped(parsed), value);
            inserted.map_err(|_| HeadError::TooManyHeaders)?;
        }
        Ok(())
    }

    fn read_cookies(&mut self, cookies: &RawValue) -> Result<(), HeadError> {
        let cookies: Vec<String> =
            serde_json::from_str(cookies.get()).map_err(|_| HeadError::Cookies)?;
        for cookie in cookies {
            let cookie =
                HeaderValue::from_bytes(cookie.as_bytes()).map_err(|_| HeadError::Cookies)?;
            let appended = self.headers.try_append(header::SET_COOKIE, cookie);
            appended.map_err(|_| HeadError::TooManyHeaders)?;
        }
        Ok(())
    }
}

/// A number, or a string that holds one.
fn status(code: &RawValue) -> Result<StatusCode, HeadError> {
    let text = code.get();
    let digits = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|number| plain && *number >= 200);
    number
        .filter(|number| *number <= 599)
        .and_then(|number| StatusCode::from_u16(number).ok())
        .ok_or_else(|| HeadError::StatusCode {
            given: shortened(text),
        })
}

/// Headers that are the host's to write reach the client as `x-amzn-remapped-<name>`, as they do
/// on Lambda. `transfer-encoding` is among them because it would break the connection.
fn remapped(name: HeaderName) -> HeaderName {
    let new = match name {
        header::AUTHORIZATION => "x-amzn-remapped-authorization",
        header::CONNECTION => "x-amzn-remapped-connection",
        header::CONTENT_LENGTH => "x-amzn-remapped-content-length",
        header::DATE => "x-amzn-remapped-date",
        header::SERVER => "x-amzn-remapped-server",
        header::TRANSFER_ENCODING => "x-amzn-remapped-transfer-encoding",
        header::WWW_AUTHENTICATE => "x-amzn-remapped-www-authenticate",
        name => return name,
    };
    HeaderName::from_static(new)
}

/// The function's text is cut so that a log line stays short.
fn shortened(text: &str) -> String {
    const KEPT: usize = 40;
    match text.char_indices().nth(KEPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What is wrong with the head that a function wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Not a final status.
    #[error("statusCode is {given}, which is not a number from 200 to 599")]
    StatusCode {
        /// The JSON that the function wrote.
        given: String,
    },
    /// Not an object.
    #[error("headers is not an object")]
    Headers,
    /// Not a name that HTTP knows.
    #[error("`{name}` is not a header name")]
    HeaderName {
        /// The name.
        name: String,
    },
    /// Control characters, a list or an object.
    #[error("the value of header `{name}` is not one line of text")]
    HeaderValue {
        /// The header's name.
        name: String,
    },
    /// Not a list of strings, or control characters in one.
    #[error("cookies is not a list of lines of text")]
    Cookies,
    /// More than a response can carry (some 24,000 names).
    #[error("there are too many headers")]
    TooManyHeaders,
}
