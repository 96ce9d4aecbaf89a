//! Plain HTTP: one function behind every method and path.

use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body::Body as _;
use hyper::body::Incoming;

use super::incoming::Fault;
use super::log::{self, Ending, Seen};
use super::{App, BodyPolicy, problem, render};
use crate::invocation::{
    Accepts, Answer, Body, BodyError, Invocation, Invoke, Outcome, Payload, Refusal, RequestId,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// Serves one function over plain HTTP.
///
/// A web handler gets the request as it came and its response goes back as it is. A handler of
/// events gets the body (`{}` when it expects JSON and there is none) and its response goes back
/// with status 200. Every response carries `x-request-id`.
#[derive(Debug)]
pub struct Http<F> {
    function: F,
    policy: BodyPolicy,
}

impl<F: Invoke> Http<F> {
    /// Serves `function`, with request bodies held to `policy`.
    pub fn new(function: F, policy: BodyPolicy) -> Self {
        Self { function, policy }
    }

    /// Reads as much of a body as the handler needs to begin. `fault` will tell what went wrong
    /// with the rest.
    async fn with_body(
        &self,
        request: Request<Incoming>,
        accepts: Accepts,
        fault: &mut Option<Fault>,
    ) -> Result<Payload, BodyError> {
        self.policy.admit(request.body())?;
        let (parts, body) = request.into_parts();
        match accepts {
            Accepts::Event { json, .. } => {
                let event = self.policy.collect(body).await?;
                let nothing = event.is_empty() && json;
                let event = if nothing { NO_EVENT } else { event };
                Ok(Payload::Event(event))
            }
            Accepts::Http { whole_body } => {
                let (body, later) = self.policy.for_web_handler(body, whole_body).await?;
                *fault = later;
                Ok(Payload::Http(Request::from_parts(parts, body)))
            }
        }
    }

    /// From what came of the invocation to the response, logged.
    fn finish(
        &self,
        seen: Seen,
        head: bool,
        accepts: Accepts,
        fault: Option<Fault>,
        outcome: Result<Outcome, Refusal>,
    ) -> Response<Body> {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(refusal) => {
                let mut response = problem::refusal(&refusal);
                let status = response.status().as_u16();
                log::log_refusal(&seen, self.function.name(), &refusal, status);
                complete(&mut response, head, &seen.id);
                return response;
            }
        };
        let mut ending = Ending {
            duration: outcome.duration,
            cold_start: outcome.cold_start,
            error: None,
        };
        let mut response = match outcome.result {
            Ok(Answer::Event(body)) => render::event(body, accepts),
            Ok(Answer::Http(response)) => render::web(response),
            Err(error) => {
                // A handler that fails because the body did is not to blame.
                let response = match fault.as_ref().and_then(|fault| fault.get()) {
                    Some(fault) => problem::body_error(fault),
                    None => problem::function_error(&error),
                };
                ending.error = Some(error);
                response
            }
        };
        complete(&mut response, head, &seen.id);
        log::when_done(seen, self.function.name(), ending, &mut response);
        response
    }

    /// The response to a request for which nothing ran, logged.
    fn without_run(&self, seen: Seen, head: bool, mut response: Response<Body>) -> Response<Body> {
        complete(&mut response, head, &seen.id);
        let ending = Ending::default();
        log::when_done(seen, self.function.name(), ending, &mut response);
        response
    }
}

/// The event of a request without a body, where JSON is expected.
const NO_EVENT: Bytes = Bytes::from_static(b"{}");

impl<F: Invoke> App for Http<F> {
    // On the way in, a request is some 300 bytes that are moved wherever it goes, so it is kept in
    // one place for as long as can be; and what only requests with bodies need is boxed.
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let arrived = Instant::now();
        let accepts = self.function.accepts();
        let id = text(request.headers(), &REQUEST_ID)
            .and_then(RequestId::parse)
            .unwrap_or_else(RequestId::random);
        let trace_id = text(request.headers(), &TRACE_ID).map(str::to_owned);
        let seen = Seen::new(id, &request, accepts);
        let head = *request.method() == Method::HEAD;
        if *request.method() == Method::CONNECT {
            return self.without_run(seen, head, problem::no_tunnel());
        }
        let mut fault = None;
        let payload = if request.body().is_end_stream() {
            without_body(request, accepts)
        } else {
            match Box::pin(self.with_body(request, accepts, &mut fault)).await {
                Ok(payload) => payload,
                Err(error) => return self.without_run(seen, head, problem::body_error(&error)),
            }
        };
        let outcome = self
            .function
            .invoke(Invocation {
                id,
                payload,
                trace_id,
                arrived,
            })
            .await;
        self.finish(seen, head, accepts, fault, outcome)
    }
}

fn without_body(request: Request<Incoming>, accepts: Accepts) -> Payload {
    match accepts {
        Accepts::Event { json: true, .. } => Payload::Event(NO_EVENT),
        Accepts::Event { json: false, .. } => Payload::Event(Bytes::new()),
        Accepts::Http { .. } => Payload::Http(request.map(|_| Body::Empty)),
    }
}

/// What every response gets, whatever it says.
fn complete(response: &mut Response<Body>, head: bool, id: &RequestId) {
    render::fit_body(response, head);
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().entry(REQUEST_ID).or_insert(id);
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
