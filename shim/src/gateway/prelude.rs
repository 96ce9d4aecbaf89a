//! Streamed responses: the head as a prelude, then the body.

use http::Response;
use http::response::Parts;
use http_body::Frame;

use super::rejoined::rejoin;
use super::response::{put_cookies, put_joined};
use crate::invocation::Body;

/// What ends a prelude. NUL cannot stand in JSON text.
pub const PRELUDE_END: [u8; 8] = [0; 8];

/// The content type of a streamed answer that begins with a prelude.
pub const STREAM_CONTENT_TYPE: &str = "application/vnd.awslambda.http-integration-response";

/// The head of a response whose body follows as it is: JSON with `statusCode`, `headers` (repeated
/// ones joined by `,`) and `cookies`, and [eight NULs](PRELUDE_END).
pub fn prelude(head: &Parts) -> Vec<u8> {
    let mut json = Vec::with_capacity(512);
    json.extend_from_slice(b"{\"statusCode\":");
    json.extend_from_slice(head.status.as_str().as_bytes());
    put_joined(&mut json, &head.headers, None, false);
    put_cookies(&mut json, &head.headers);
    json.push(b'}');
    json.extend_from_slice(&PRELUDE_END);
    json
}

/// A response as a function with `RESPONSE_STREAM` answers it: [its prelude](prelude), then its body
/// as it comes.
pub fn streamed(response: Response<Body>) -> Body {
    let (head, body) = response.into_parts();
    let prelude = Frame::data(prelude(&head).into());
    Body::Stream(rejoin([Some(prelude)], Box::pin(body)))
}
