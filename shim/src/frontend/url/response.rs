//! From what a function answered to an event of payload format 2.0, to an HTTP response.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::value::RawValue;

use super::head::Members;
use super::json::{self, Kind};
use super::{Head, HeadError};
use crate::invocation::Body;

const JSON: &str = "application/json";

/// The HTTP response for the whole response `bytes` of a function.
///
/// - an object with `statusCode`: what `statusCode`, `headers`, `cookies`, `body` and
///   `isBase64Encoded` say;
/// - any other JSON: 200 with that JSON; a string without its quotes;
/// - nothing at all: 200 without a body;
/// - with `is_json` false (the handler says that its response is bytes), and no object with
///   `statusCode`: 200 with those bytes.
///
/// The content type is `application/json` unless the function names one; bytes are
/// `application/octet-stream`.
pub fn response(bytes: Bytes, is_json: bool) -> Result<Response<Body>, ResponseError> {
    if !is_json {
        return match says_status(&bytes) {
            true => from_object(bytes),
            false => Ok(plain(bytes, "application/octet-stream")),
        };
    }
    if bytes.is_empty() {
        return Ok(plain(bytes, JSON));
    }
    match json::check(&bytes).map_err(ResponseError::not_json)? {
        Kind::Object => from_object(bytes),
        Kind::String => {
            let text: String = serde_json::from_slice(&bytes).map_err(ResponseError::not_json)?;
            Ok(plain(text.into_bytes().into(), JSON))
        }
        Kind::Other => Ok(plain(json::compact(bytes), JSON)),
    }
}

/// What callers of a function URL get when the function failed, or answered what cannot be sent:
/// 502 `Internal Server Error`, and nothing of the reason.
pub fn failed() -> Response<Body> {
    let mut response = plain(
        Bytes::from_static(b"Internal Server Error"),
        "text/plain; charset=utf-8",
    );
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}

/// Whether bytes are an object with `statusCode`, as Lambda sees it, which knows no types.
fn says_status(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"{")
        && matches!(json::check(bytes), Ok(Kind::Object))
        && serde_json::from_slice::<Members<'_>>(bytes)
            .is_ok_and(|members| members.status_code.is_some())
}

fn from_object(bytes: Bytes) -> Result<Response<Body>, ResponseError> {
    let members: Members<'_> = serde_json::from_slice(&bytes).map_err(ResponseError::not_json)?;
    if members.status_code.is_none() {
        return Ok(plain(json::compact(bytes), JSON));
    }
    let head = Head::read(&members, JSON)?;
    let is_base64 = match members.is_base64_encoded.map(RawValue::get) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(ResponseError::IsBase64Encoded),
    };
    let body = members.body.map(|body| read_body(body, is_base64));
    Ok(head.with_body(body.transpose()?.unwrap_or_default()))
}

/// A string is the body's text (or its base64), anything else is JSON.
fn read_body(body: &RawValue, is_base64: bool) -> Result<Body, ResponseError> {
    if body.get().starts_with('"') {
        let text: String = serde_json::from_str(body.get()).map_err(ResponseError::not_json)?;
        if !is_base64 {
            return Ok(text.into_bytes().into());
        }
        let bytes = BASE64.decode(text);
        return Ok(bytes.map_err(|_| ResponseError::Base64)?.into());
    }
    if is_base64 {
        return Err(ResponseError::Base64);
    }
    let json = Bytes::copy_from_slice(body.get().as_bytes());
    Ok(json::compact(json).into())
}

/// Encoders leave the padding out now and then.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn plain(bytes: Bytes, content_type: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    let content_type = HeaderValue::from_static(content_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

/// Why a function's response cannot be sent. The text is for the log; callers get [`failed`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// The bytes are not JSON, or hold a member twice.
    #[error("the function's response is not JSON: {reason}")]
    NotJson {
        /// What the parser says, with line and column.
        reason: String,
    },
    /// Status, headers or cookies are wrong.
    #[error("the function's response is not one of payload format 2.0: {0}")]
    Head(#[from] HeadError),
    /// Neither `true` nor `false`.
    #[error(
        "the function's response is not one of payload format 2.0: isBase64Encoded is not a boolean"
    )]
    IsBase64Encoded,
    /// `isBase64Encoded` is true, and the body is not base64.
    #[error("the function's response is not one of payload format 2.0: body is not base64")]
    Base64,
}

impl ResponseError {
    fn not_json(error: serde_json::Error) -> Self {
        Self::NotJson {
            reason: error.to_string(),
        }
    }
}
