//! Answers in place of functions that could not be built.

use http::{HeaderValue, Request, Response, StatusCode, header};

use super::{Site, problem, render};
use crate::invocation::{Body, ErrorKind, FunctionError, Invoke};

/// The name of the error.
const NAME: &str = "Build.Failed";

impl<F: Invoke> Site<F> {
    /// Whether a request goes to a function; health checks do not.
    pub fn is_for_function(&self, request: &Request<Body>) -> bool {
        self.health(request).is_none()
    }

    /// Answers a request while there is no build that could: callers of the Invoke API get a
    /// function's error, others a 503, with `text`, which says why, as text or, if they ask for it,
    /// as JSON.
    pub fn not_built(&self, request: &Request<Body>, text: &str) -> Box<Response<Body>> {
        let error = FunctionError::new(ErrorKind::Internal, NAME, text);
        let api = self.invoke.as_ref();
        if let Some(response) = api.and_then(|api| api.not_built(request, &error)) {
            return response;
        }
        let accept = request.headers().get_all(header::ACCEPT).iter();
        let json = accept
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.contains("application/json"));
        let mut response = match json {
            true => Box::new(problem::function_error(&error)),
            false => {
                let mut response =
                    Box::new(Response::new(Body::from(format!("{text}\n").into_bytes())));
                let plain = HeaderValue::from_static("text/plain; charset=utf-8");
                response.headers_mut().insert(header::CONTENT_TYPE, plain);
                response
            }
        };
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        let soon = HeaderValue::from_static("1");
        response.headers_mut().insert(header::RETRY_AFTER, soon);
        render::fit_body(&mut response, *request.method() == http::Method::HEAD);
        response
    }
}
