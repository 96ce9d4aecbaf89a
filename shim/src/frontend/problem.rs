//! The one place where errors become responses: a status and a JSON document
//! `{"errorType": …, "errorMessage": …}`.

use std::time::Duration;

use http::{HeaderValue, Method, Response, StatusCode, header};

use crate::invocation::{Body, BodyError, ErrorKind, FunctionError, Refusal};

/// The function's own failure.
pub(super) fn function_error(error: &FunctionError) -> Response<Body> {
    let status = match error.kind {
        ErrorKind::BadEvent => StatusCode::BAD_REQUEST,
        ErrorKind::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        ErrorKind::Handler | ErrorKind::Panic | ErrorKind::Cancelled | ErrorKind::Internal => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    respond(status, error)
}

/// The invocation was not tried.
pub(super) fn refusal(refusal: &Refusal) -> Response<Body> {
    let message = refusal.to_string();
    match refusal {
        Refusal::Throttled { retry_after, .. } => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut response = document(status, "Request.Throttled", message);
            let seconds = HeaderValue::from(whole_seconds(*retry_after));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
            response
        }
        Refusal::ShuttingDown => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let mut response = closing(document(status, "Host.ShuttingDown", message));
            let seconds = HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
            response
        }
    }
}

/// The request's body cannot be had. The rest of it is not read, so the connection ends.
pub(super) fn body_error(error: &BodyError) -> Response<Body> {
    let (status, name) = match error {
        BodyError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "Request.TooLarge"),
        BodyError::TooSlow { .. } => (StatusCode::REQUEST_TIMEOUT, "Request.TooSlow"),
        // Nobody reads this when the client has gone; a body that broke the protocol gets it.
        BodyError::CutOff { .. } | BodyError::Failed(_) => {
            (StatusCode::BAD_REQUEST, "Request.CutOff")
        }
    };
    closing(document(status, name, error.to_string()))
}

/// The handler answered what HTTP cannot carry.
pub(super) fn bad_response(status: StatusCode) -> Response<Body> {
    let message = format!("the handler answered with status {status}, which is not a final one");
    document(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Runtime.BadResponse",
        message,
    )
}

/// CONNECT asks for a tunnel.
pub(super) fn no_tunnel() -> Response<Body> {
    let message = "this is not a proxy: CONNECT is not served".to_owned();
    document(
        StatusCode::NOT_IMPLEMENTED,
        "Request.NotImplemented",
        message,
    )
}

/// There is nothing at `path`.
pub(super) fn not_found(path: &str) -> Response<Body> {
    let message = format!("nothing is served at {path}");
    document(StatusCode::NOT_FOUND, "Request.NotFound", message)
}

/// No function takes the request.
pub(super) fn no_route(method: &Method, path: &str) -> Response<Body> {
    let message = format!(
        "no route of a function takes {method} {path}; routes stand in shim.toml: [function.NAME] \
         routes = [\"GET /path\"]"
    );
    document(StatusCode::NOT_FOUND, "Request.NoRoute", message)
}

/// Something is there, but not for `method`.
pub(super) fn method_not_allowed(method: &Method, allowed: &'static str) -> Response<Body> {
    let message = format!("{method} is not served here, only {allowed}");
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let mut response = document(status, "Request.MethodNotAllowed", message);
    let allowed = HeaderValue::from_static(allowed);
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}

fn document(status: StatusCode, name: &str, message: String) -> Response<Body> {
    respond(
        status,
        &FunctionError::new(ErrorKind::Internal, name, message),
    )
}

fn respond(status: StatusCode, error: &FunctionError) -> Response<Body> {
    let mut response = Response::new(Body::from(error.to_json()));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

fn closing(mut response: Response<Body>) -> Response<Body> {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// Rounded up, and never "at once".
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    let up = u64::from(duration.subsec_nanos() > 0);
    duration.as_secs().saturating_add(up).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_rounded_up() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (2500, 3)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds);
        }
    }

    #[test]
    fn each_kind_of_function_error_has_its_status() {
        for (kind, status) in [
            (ErrorKind::Handler, 500),
            (ErrorKind::Panic, 500),
            (ErrorKind::BadEvent, 400),
            (ErrorKind::TimedOut, 504),
        ] {
            let response = function_error(&FunctionError::new(kind, "Name", "message"));
            assert_eq!(response.status(), status);
        }
    }
}
