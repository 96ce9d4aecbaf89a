//! What callers of the API get while no build of the function could run.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};

use super::api_error::ApiError;
use super::call::{Call, Kind, trace_id_of};
use super::frame;
use super::path::{self, Asked, Operation};
use super::service::InvokeApi;
use super::work::{EXECUTED_VERSION, FUNCTION_ERROR, JSON, refuse, with_ids};
use crate::invocation::{Body, ErrorKind, FunctionError, Invoke, LATEST, RequestId};

impl<F: Invoke> InvokeApi<F> {
    /// The answer to a request whose path belongs to the API; `None` for all others.
    ///
    /// Who waits for the function's answer gets `error` as the function's own. An event is not
    /// accepted: it would not be tried again once there is a build. The request's body is not read.
    /// Where requests must be signed, nobody is told why: the signature is not looked at.
    pub(in crate::frontend) fn not_built(
        &self,
        request: &Request<Body>,
        error: &FunctionError,
    ) -> Option<Box<Response<Body>>> {
        let path = path::api_path(request.uri().path(), self.base_path())?;
        let id = RequestId::random();
        let trace_id = trace_id_of(request.headers(), &id);
        let Asked::Call(operation, _) = path::read(request.method(), path) else {
            let unknown = ApiError::unknown_operation(request.method(), path);
            return Some(refuse(unknown, &id, trace_id));
        };
        let kind = Call::read(operation, request.headers()).map(|call| call.kind);
        let waits = matches!(kind, Ok(Kind::RequestResponse));
        if !waits {
            let unavailable = ApiError::unavailable("the function could not be built");
            return Some(refuse(unavailable, &id, trace_id));
        }
        let hidden;
        let error = match self.is_signed() {
            false => error,
            true => {
                hidden = FunctionError::new(
                    ErrorKind::Internal,
                    error.name.as_str(),
                    "the function could not be built; the terminal of `shim dev` says why",
                );
                &hidden
            }
        };
        let mut response = match operation {
            Operation::Stream => framed(error),
            Operation::Invoke | Operation::Async => whole(error),
        };
        let version = HeaderValue::from_static(LATEST);
        response.headers_mut().insert(EXECUTED_VERSION, version);
        Some(with_ids(Box::new(response), &id, trace_id))
    }
}

fn whole(error: &FunctionError) -> Response<Body> {
    let mut response = Response::new(Body::from(error.to_json()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, JSON);
    headers.insert(FUNCTION_ERROR, HeaderValue::from_static("Unhandled"));
    response
}

/// One frame, the last.
fn framed(error: &FunctionError) -> Response<Body> {
    let details = String::from_utf8_lossy(&error.to_json()).into_owned();
    let complete = serde_json::json!({ "ErrorCode": "Unhandled", "ErrorDetails": details });
    let frame: Bytes = frame::invoke_complete(complete.to_string().as_bytes());
    let mut response = Response::new(Body::from(frame));
    let frames = HeaderValue::from_static("application/vnd.amazon.eventstream");
    response.headers_mut().insert(header::CONTENT_TYPE, frames);
    response
}
