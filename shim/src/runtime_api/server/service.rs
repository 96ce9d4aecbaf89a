//! What a runtime asks for, by method and path.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;

use super::refusal::{Refusal, accepted};
use super::state::Delivered;
use super::{Phase, Shared, answer, extensions};
use crate::invocation::{Body, FunctionError};
use crate::runtime_api::wire;

/// The name of an error of the first phase whose runtime gives it none.
const UNNAMED: &str = "Runtime.Unknown";

/// How long an answer that is owed may still be on its way, on a connection that the runtime has cut
/// before it asks on another one.
const ON_ITS_WAY: Duration = Duration::from_secs(1);

/// Answers a request. Takes as long as there is nothing to answer with.
pub(super) async fn call(shared: &Arc<Shared>, request: Request<Incoming>) -> Response<Body> {
    let called = route(shared, request).await;
    called.unwrap_or_else(Refusal::response)
}

async fn route(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    if let Some(path) = path.strip_prefix(wire::EXTENSIONS) {
        return match (&method, path) {
            (&Method::POST, "/register") => {
                let (head, body) = request.into_parts();
                let body = Limited::new(body, extensions::MAX_REGISTRATION).collect();
                let body = body.await.map_err(|_| Refusal::truncated())?;
                extensions::register(shared, &head.headers, &body.to_bytes())
            }
            (&Method::GET, "/event/next") => Err(extensions::next(shared, request.headers()).await),
            _ => Err(Refusal::not_found(&method, request.uri().path())),
        };
    }
    let of_runtime = path.strip_prefix(wire::BASE).unwrap_or_default();
    let parts: Vec<&str> = of_runtime.split('/').collect();
    match (&method, parts.as_slice()) {
        (&Method::GET, ["", "invocation", "next"]) => next(shared).await,
        (&Method::POST, ["", "invocation", id, "response"]) => {
            answer::response(shared, id, request).await
        }
        (&Method::POST, ["", "invocation", id, "error"]) => {
            answer::error(shared, id, request).await
        }
        (&Method::POST, ["", "init", "error"]) => {
            if *shared.phase.borrow() == Phase::Ready {
                return Err(Refusal::transition("Ready", "InitError"));
            }
            set_up_failed(shared, request).await
        }
        // A snapshot would be taken here, and restored at once.
        (&Method::GET, ["", "restore", "next"]) => Ok(Response::new(Body::Empty)),
        (&Method::POST, ["", "restore", "error"]) => set_up_failed(shared, request).await,
        _ if method == Method::GET && path == "/ping" => Ok(Response::new("pong".into())),
        _ => Err(Refusal::not_found(&method, &path)),
    }
}

async fn set_up_failed(
    shared: &Shared,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let failed = |error: FunctionError| shared.phase.send_replace(Phase::Failed(error));
    match answer::read_error(request, UNNAMED).await {
        Ok(error) => {
            failed(error);
            Ok(accepted())
        }
        Err((error, refusal)) => {
            failed(error);
            Err(refusal)
        }
    }
}

/// `GET /invocation/next`
async fn next(shared: &Shared) -> Result<Response<Body>, Refusal> {
    shared.phase.send_if_modified(|phase| {
        let first = *phase == Phase::Init;
        if first {
            *phase = Phase::Ready;
        }
        first
    });
    let patience = tokio::time::sleep(ON_ITS_WAY);
    tokio::pin!(patience);
    loop {
        let arrived = shared.arrived.notified();
        // The lock is not held while waiting.
        let taken = shared.state().take(shared.settings.concurrency);
        match taken {
            Ok(Some(delivered)) => return Ok(response(shared, delivered)),
            Ok(None) => arrived.await,
            Err(refusal) => tokio::select! {
                () = arrived => {}
                () = &mut patience => return Err(refusal),
            },
        }
    }
}

/// An invocation as the runtime gets it. A value that cannot stand in a header is left out.
fn response(shared: &Shared, delivered: Delivered) -> Response<Body> {
    let delivery = delivered.delivery;
    let since_1970 = delivery.deadline.duration_since(SystemTime::UNIX_EPOCH);
    let deadline = since_1970.map_or(0, |since| since.as_millis());
    let caller = delivery.caller;
    let arn = caller.arn.unwrap_or_else(|| shared.settings.arn.clone());
    let mut response = Response::new(Body::from(delivery.event));
    *response.status_mut() = StatusCode::OK;
    for (name, value) in [
        ("content-type", Some("application/json".to_owned())),
        (wire::REQUEST_ID, Some(delivery.id.to_string())),
        (wire::DEADLINE, Some(deadline.to_string())),
        (wire::ARN, Some(arn)),
        (wire::INVOCATION_ID, Some(delivered.invocation_id)),
        (wire::TRACE_ID, delivery.trace_id),
        (wire::CLIENT_CONTEXT, caller.client_context),
        (wire::COGNITO_IDENTITY, caller.cognito_identity),
        (wire::TENANT_ID, caller.tenant_id),
    ] {
        // Some runtimes stumble over a header that is there and empty.
        let value = value.filter(|value| !value.is_empty());
        if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
