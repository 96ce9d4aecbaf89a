//! Health of the process, for load balancers and orchestrators.

use std::sync::Arc;

use http::{HeaderValue, Method, Response, StatusCode, header};

use super::{App, Peer, Readiness, Received, problem, render};
use crate::invocation::Body;
use crate::observe::metrics::{Format, Metrics};

/// Answers `/live` (200 while the process runs), `/ready` (200, or 503 with the reason) and
/// `/metrics` (in the form of Prometheus or of OpenMetrics, as `accept` asks).
///
/// Stands on a listener of its own, so that functions own every path of theirs.
#[derive(Clone)]
pub struct Admin {
    readiness: Readiness,
    metrics: Arc<Metrics>,
}

impl Admin {
    /// Tells what `readiness` and `metrics` say at the time of each request.
    pub fn new(readiness: Readiness, metrics: Arc<Metrics>) -> Self {
        Self { readiness, metrics }
    }

    fn answer(&self, method: &Method, path: &str, accept: Option<&str>) -> Response<Body> {
        if !["/live", "/ready", "/metrics"].contains(&path) {
            return problem::not_found(path);
        }
        if !matches!(*method, Method::GET | Method::HEAD) {
            return problem::method_not_allowed(method, "GET, HEAD");
        }
        match path {
            "/live" => told(None),
            "/ready" => ready(&self.readiness),
            _ => self.metrics(accept),
        }
    }

    fn metrics(&self, accept: Option<&str>) -> Response<Body> {
        let format = Format::negotiate(accept);
        let mut text = String::new();
        self.metrics.render(format, &mut text);
        let mut response = Response::new(Body::from(text.into_bytes()));
        let content_type = HeaderValue::from_static(format.content_type());
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type);
        response
    }
}

impl App for Admin {
    async fn call(&self, request: Received, _: Peer) -> Box<Response<Body>> {
        let request = request.head;
        let accept = request.headers().get(header::ACCEPT);
        let accept = accept.and_then(|value| value.to_str().ok());
        let mut response = self.answer(request.method(), request.uri().path(), accept);
        render::fit_body(&mut response, *request.method() == Method::HEAD);
        Box::new(response)
    }
}

/// What readiness says, as `/ready` answers it.
pub(super) fn ready(readiness: &Readiness) -> Response<Body> {
    told(readiness.unready_reason())
}

fn told(unwell: Option<&'static str>) -> Response<Body> {
    match unwell {
        None => text(StatusCode::OK, "ok"),
        Some(reason) => text(StatusCode::SERVICE_UNAVAILABLE, reason),
    }
}

fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

#[cfg(test)]
mod tests {
    use super::{Admin, Arc, Method, Metrics, Readiness, StatusCode};

    #[test]
    fn tells_health_and_readiness() {
        let readiness = Readiness::new();
        let admin = Admin::new(readiness.clone(), Arc::new(Metrics::new()));
        let status = |method: Method, path| admin.answer(&method, path, None).status();
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
