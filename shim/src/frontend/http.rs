//! Plain HTTP: one function behind every method and path.

use std::future::Future;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response};
use http_body::Body as _;
use hyper::body::Incoming;

use super::log::{self, Abandoned, Ending};
use super::seen::{self, REQUEST_ID, Seen};
use super::{App, BodyPolicy, problem, render};
use crate::invocation::{
    Accepts, Answer, Body, BodyError, Invocation, Invoke, Outcome, Payload, Refusal,
};

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

    /// Reads as much of the body as the handler needs to begin, then runs it.
    async fn run_with_body(
        &self,
        request: Request<Incoming>,
        seen: &Seen,
        trace_id: Option<String>,
        arrived: Instant,
    ) -> Result<Ran, BodyError> {
        self.policy.admit(request.body())?;
        let (parts, body) = request.into_parts();
        let mut fault = None;
        let payload = match seen.accepts {
            Accepts::Event { json, .. } => {
                let event = self.policy.collect(body).await?;
                let nothing = event.is_empty() && json;
                Payload::Event(if nothing { NO_EVENT } else { event })
            }
            Accepts::Http { whole_body } => {
                let (body, later) = self.policy.for_web_handler(body, whole_body).await?;
                fault = later;
                Payload::Http(Box::new(Request::from_parts(parts, body)))
            }
        };
        let invocation = Invocation {
            id: seen.id,
            payload,
            trace_id,
            caller: None,
            arrived,
        };
        let outcome = self.function.invoke(invocation).await;
        // What was wrong with the rest of the body is known now.
        let fault = fault.and_then(|fault| fault.get().cloned());
        Ok(Ran { outcome, fault })
    }

    /// From what came of the invocation to the response, logged.
    fn finish(&self, seen: Seen, ran: Ran) -> Response<Body> {
        let outcome = match ran.outcome {
            Ok(outcome) => outcome,
            Err(refusal) => {
                let response = problem::refusal(&refusal);
                return self.finish_otherwise(seen, response, Some(refusal));
            }
        };
        let (mut response, error) = match outcome.result {
            Ok(Answer::Event(body)) => (render::event(body, seen.accepts), None),
            Ok(Answer::Http(response)) => (render::web(response), None),
            Err(error) => {
                // A handler that fails because the body did is not to blame.
                let response = match &ran.fault {
                    Some(fault) => problem::body_error(fault),
                    None => problem::function_error(&error),
                };
                (response, Some(error))
            }
        };
        complete(&mut response, &seen);
        if seen.logged {
            let ending = Ending {
                duration: outcome.duration,
                cold_start: outcome.cold_start,
                error,
                refusal: None,
            };
            log::when_done(seen, self.function.name(), ending, &mut response);
        }
        response
    }

    /// The response to a request for which nothing ran, logged.
    fn finish_otherwise(
        &self,
        seen: Seen,
        mut response: Response<Body>,
        refusal: Option<Refusal>,
    ) -> Response<Body> {
        complete(&mut response, &seen);
        let ending = Ending {
            refusal,
            ..Ending::default()
        };
        log::when_done(seen, self.function.name(), ending, &mut response);
        response
    }
}

/// An invocation, and what was wrong with the streamed body that it was given.
struct Ran {
    outcome: Result<Outcome, Refusal>,
    fault: Option<BodyError>,
}

/// The event of a request without a body, where JSON is expected.
const NO_EVENT: Bytes = Bytes::from_static(b"{}");

impl<F: Invoke> App for Http<F> {
    // A request is some 300 bytes that are moved wherever it goes. So this is no `async fn` (which
    // moves its arguments once more), the invocation is made where it is handed over, and what only
    // requests with bodies need is boxed.
    fn call(&self, request: Request<Incoming>) -> impl Future<Output = Response<Body>> + Send {
        let arrived = Instant::now();
        async move {
            let accepts = self.function.accepts();
            let (id, trace_id) = seen::ids(request.headers());
            let seen = Seen::new(&request, accepts, id);
            if *request.method() == Method::CONNECT {
                return self.finish_otherwise(seen, problem::no_tunnel(), None);
            }
            let abandoned = Abandoned::unless_done(&seen, self.function.name(), arrived);
            if request.body().is_end_stream() {
                let running = self.function.invoke(Invocation {
                    id,
                    payload: without_body(request, accepts),
                    trace_id,
                    caller: None,
                    arrived,
                });
                let outcome = running.await;
                abandoned.done();
                let fault = None;
                return self.finish(seen, Ran { outcome, fault });
            }
            let running = Box::pin(self.run_with_body(request, &seen, trace_id, arrived));
            let ran = running.await;
            abandoned.done();
            match ran {
                Ok(ran) => self.finish(seen, ran),
                Err(error) => self.finish_otherwise(seen, problem::body_error(&error), None),
            }
        }
    }
}

fn without_body(request: Request<Incoming>, accepts: Accepts) -> Payload {
    match accepts {
        Accepts::Event { json: true, .. } => Payload::Event(NO_EVENT),
        Accepts::Event { json: false, .. } => Payload::Event(Bytes::new()),
        Accepts::Http { .. } => Payload::Http(Box::new(request.map(|_| Body::Empty))),
    }
}

/// What every response gets, whatever it says.
fn complete(response: &mut Response<Body>, seen: &Seen) {
    render::fit_body(response, seen.head);
    if let Ok(id) = HeaderValue::from_bytes(seen.id.as_bytes()) {
        response.headers_mut().entry(REQUEST_ID).or_insert(id);
    }
}
