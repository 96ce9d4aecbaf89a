//! What a request is refused with: a status, and a document with `errorType` and `errorMessage`.

use http::{HeaderValue, Response, StatusCode, header};

use crate::invocation::{Body, ErrorKind, FunctionError, MAX_RESPONSE};

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    name: &'static str,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, name: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status,
            name,
            message,
        }
    }

    /// The runtime may not do this now.
    pub(super) fn transition(from: &str, to: &str) -> Self {
        let message = format!(
            "State transition from {from} to {to} failed for runtime. Error: State transition is not \
             allowed"
        );
        Self::new(StatusCode::FORBIDDEN, "InvalidStateTransition", message)
    }

    /// No invocation of this id runs.
    pub(super) fn request_id() -> Self {
        let status = StatusCode::BAD_REQUEST;
        Self::new(status, "InvalidRequestID", "Invalid request ID")
    }

    /// The invocation was given up before its answer came.
    pub(super) fn late() -> Self {
        Self::new(StatusCode::GONE, "InvokeTimeout", "Invoke timeout")
    }

    /// Neither whole nor streamed.
    pub(super) fn response_mode() -> Self {
        let message = "Invalid function response mode";
        Self::new(
            StatusCode::BAD_REQUEST,
            "InvalidFunctionResponseMode",
            message,
        )
    }

    /// The body broke off.
    pub(super) fn truncated() -> Self {
        let message = "HTTP request detected as truncated";
        Self::new(StatusCode::BAD_REQUEST, "TruncatedHTTPRequest", message)
    }

    /// The body is longer than an answer may be.
    pub(super) fn too_large() -> Self {
        let message = format!(
            "Exceeded maximum allowed payload size ({} bytes).",
            MAX_RESPONSE
        );
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self::new(status, "RequestEntityTooLarge", message)
    }

    /// An extension asks for what it may not have.
    pub(super) fn extension(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, name, message)
    }

    /// There is nothing of this method and path.
    pub(super) fn not_found(method: &http::Method, path: &str) -> Self {
        let message = format!("the Runtime API has no {method} {path}");
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// The answer to the request.
    pub(super) fn response(self) -> Response<Body> {
        let document = FunctionError::new(ErrorKind::Internal, self.name, self.message);
        json(self.status, document.to_json())
    }
}

/// An answer with a JSON document.
pub(super) fn json(status: StatusCode, document: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(document));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

/// What was sent is taken.
pub(super) fn accepted() -> Response<Body> {
    json(StatusCode::ACCEPTED, br#"{"status":"OK"}"#.to_vec())
}
