//! Health of the process, for load balancers and orchestrators.

use http::{Method, Response, StatusCode, header};
use hyper::body::Incoming;

use super::{App, Readiness, problem, render};
use crate::invocation::Body;

/// Answers `/live` (200 while the process runs) and `/ready` (200, or 503 with the reason).
///
/// Stands on a listener of its own, so that functions own every path of theirs.
#[derive(Debug, Clone)]
pub struct Admin {
    readiness: Readiness,
}

impl Admin {
    /// Tells what `readiness` says at the time of each request.
    pub fn new(readiness: Readiness) -> Self {
        Self { readiness }
    }

    fn answer(&self, method: &Method, path: &str) -> Response<Body> {
        let reason = match path {
            "/live" => None,
            "/ready" => self.readiness.unready_reason(),
            _ => return problem::not_found(path),
        };
        if !matches!(*method, Method::GET | Method::HEAD) {
            return problem::method_not_allowed(method, "GET, HEAD");
        }
        match reason {
            None => text(StatusCode::OK, "ok"),
            Some(reason) => text(StatusCode::SERVICE_UNAVAILABLE, reason),
        }
    }
}

impl App for Admin {
    async fn call(&self, request: http::Request<Incoming>) -> Response<Body> {
        let mut response = self.answer(request.method(), request.uri().path());
        render::fit_body(&mut response, *request.method() == Method::HEAD);
        response
    }
}

fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let content_type = http::HeaderValue::from_static("text/plain; charset=utf-8");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

#[cfg(test)]
mod tests {
    use super::{Admin, Method, Readiness, StatusCode};

    #[test]
    fn tells_health_and_readiness() {
        let readiness = Readiness::new();
        let admin = Admin::new(readiness.clone());
        let status = |method: Method, path| admin.answer(&method, path).status();
        assert_eq!(status(Method::GET, "/live"), StatusCode::OK);
        assert_eq!(
            status(Method::GET, "/ready"),
            StatusCode::SERVICE_UNAVAILABLE
        );
        readiness.set_ready();
        assert_eq!(status(Method::HEAD, "/ready"), StatusCode::OK);
        readiness.set_stopping();
        assert_eq!(
            status(Method::GET, "/ready"),
            StatusCode::SERVICE_UNAVAILABLE
        );
        assert_eq!(status(Method::GET, "/live"), StatusCode::OK);
        assert_eq!(
            status(Method::POST, "/live"),
            StatusCode::METHOD_NOT_ALLOWED
        );
        assert_eq!(status(Method::GET, "/"), StatusCode::NOT_FOUND);
    }
}
