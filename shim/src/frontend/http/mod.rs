//! Plain HTTP: every request goes to the function that its route leads to.

mod url_event;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body::Body as _;

use crate::frontend::catalogue::{Current, Entry, Routed};
use crate::frontend::log::{self, Abandoned, Ending};
use crate::frontend::seen::{self, REQUEST_ID, Seen};
use crate::frontend::{App, BodyPolicy, Peer, Received, problem, render};
use crate::invocation::{
    Accepts, Answer, Body, BodyError, FunctionError, Invocation, Invoke, Outcome, Payload, Refusal,
};

/// Serves functions over plain HTTP.
///
/// A web handler gets the request as it came and its response goes back as it is. A handler of
/// events gets the body (`{}` when it expects JSON and there is none) and its response goes back
/// with status 200; or it gets the request as an event of payload format 2.0, and its response
/// says what goes back. Every response carries `x-request-id`.
pub struct Http<F> {
    current: Arc<Current<F>>,
    policy: BodyPolicy,
}

impl<F: Invoke> Http<F> {
    /// Serves what is `current`, with request bodies held to `policy`.
    pub fn new(current: Arc<Current<F>>, policy: BodyPolicy) -> Self {
        Self { current, policy }
    }

    /// Answers a request that goes to `entry` as it is.
    // What only requests with bodies need is boxed.
    async fn plain(
        &self,
        entry: &Entry<F>,
        request: Received,
        arrived: Instant,
    ) -> Box<Response<Body>> {
        let Received { head, body } = request;
        let function = &entry.function;
        let accepts = function.accepts();
        let (id, trace_id) = seen::ids(head.headers());
        let seen = Seen::new(&head, accepts, id);
        if *head.method() == Method::CONNECT {
            return finish_otherwise(function, &seen, problem::no_tunnel(), None);
        }
        let abandoned = Abandoned::unless_done(&seen, function.name(), arrived);
        if body.is_end_stream() {
            let running = function.invoke(Invocation {
                id,
                payload: without_body(head, accepts),
                trace_id,
                caller: None,
                arrived,
            });
            let outcome = running.await;
            abandoned.done();
            let fault = None;
            return finish(function, &seen, Ran { outcome, fault });
        }
        let request = Received { head, body };
        let running = Box::pin(self.run_with_body(function, request, &seen, trace_id, arrived));
        let ran = running.await;
        abandoned.done();
        match ran {
            Ok(ran) => finish(function, &seen, ran),
            Err(error) => finish_otherwise(function, &seen, problem::body_error(&error), None),
        }
    }

    /// Reads as much of the body as the handler needs to begin, then runs it.
    async fn run_with_body(
        &self,
        function: &F,
        request: Received,
        seen: &Seen,
        trace_id: Option<String>,
        arrived: Instant,
    ) -> Result<Ran, BodyError> {
        let Received { mut head, body } = request;
        let body = self.policy.admit(head.headers(), body).await?;
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
                *head.body_mut() = body;
                Payload::Http(head)
            }
        };
        let invocation = Invocation {
            id: seen.id,
            payload,
            trace_id,
            caller: None,
            arrived,
        };
        let outcome = function.invoke(invocation).await;
        // What was wrong with the rest of the body is known now.
        let fault = fault.and_then(|fault| fault.get().cloned());
        Ok(Ran { outcome, fault })
    }

    /// What only some functions ask for: CORS, events of payload format 2.0.
    async fn with_rules(
        &self,
        routed: Routed<'_, F>,
        request: Received,
        peer: Peer,
        arrived: Instant,
    ) -> Box<Response<Body>> {
        let entry = routed.entry.clone();
        let head = &*request.head;
        let origin = head.headers().get(header::ORIGIN).cloned();
        if let Some(cors) = &entry.http.cors
            && let Some(mut response) = cors.preflight(head.method(), head.headers())
        {
            let (id, _) = seen::ids(head.headers());
            let seen = Seen::new(head, Accepts::Http { whole_body: true }, id);
            complete(&mut response, &seen);
            return Box::new(response);
        }
        let event = matches!(entry.function.accepts(), Accepts::Event { .. });
        let mut response = if entry.http.events_v2 && event {
            self.url_event(routed, request, peer, arrived).await
        } else {
            self.plain(&entry, request, arrived).await
        };
        if let Some(cors) = &entry.http.cors {
            cors.apply(origin.as_ref(), response.headers_mut());
        }
        response
    }
}

/// From what came of the invocation to the response, logged.
fn finish<F: Invoke>(function: &F, seen: &Seen, ran: Ran) -> Box<Response<Body>> {
    let outcome = match ran.outcome {
        Ok(outcome) => outcome,
        Err(refusal) => {
            let response = problem::refusal(&refusal);
            return finish_otherwise(function, seen, response, Some(refusal));
        }
    };
    let (mut response, error) = match outcome.result {
        Ok(Answer::Event(body)) => (Box::new(render::event(body, seen.accepts)), None),
        Ok(Answer::Http(mut response)) => {
            render::web(&mut response);
            (response, None)
        }
        Err(error) => {
            // A handler that fails because the body did is not to blame.
            let response = match &ran.fault {
                Some(fault) => problem::body_error(fault),
                None => problem::function_error(&error),
            };
            (Box::new(response), Some(error))
        }
    };
    let took = (outcome.duration, outcome.cold_start);
    conclude(function, seen, &mut response, took, error);
    response
}

/// Completes the response to an invocation that ran, and logs it.
fn conclude<F: Invoke>(
    function: &F,
    seen: &Seen,
    response: &mut Response<Body>,
    (duration, cold_start): (Duration, bool),
    error: Option<Box<FunctionError>>,
) {
    complete(response, seen);
    if seen.logged {
        let ending = Ending {
            duration,
            cold_start,
            error,
            refusal: None,
        };
        log::when_done(seen, function.name(), ending, response);
    }
}

/// The response to a request for which nothing ran, logged.
fn finish_otherwise<F: Invoke>(
    function: &F,
    seen: &Seen,
    mut response: Response<Body>,
    refusal: Option<Refusal>,
) -> Box<Response<Body>> {
    complete(&mut response, seen);
    let ending = Ending {
        refusal,
        ..Ending::default()
    };
    log::when_done(seen, function.name(), ending, &mut response);
    Box::new(response)
}

/// An invocation, and what was wrong with the streamed body that it was given.
struct Ran {
    outcome: Result<Outcome, Refusal>,
    fault: Option<BodyError>,
}

/// The event of a request without a body, where JSON is expected.
const NO_EVENT: Bytes = Bytes::from_static(b"{}");

impl<F: Invoke> App for Http<F> {
    #[inline(always)]
    fn call(
        &self,
        request: Received,
        peer: Peer,
    ) -> impl Future<Output = Box<Response<Body>>> + Send {
        let arrived = Instant::now();
        async move {
            let catalogue = self.current.get();
            let head = &*request.head;
            let path = head.uri().path();
            let routed = catalogue.route(head.method(), path).or_else(|| {
                let routed = catalogue.route(&asked_for(head)?, path)?;
                routed.entry.http.cors.is_some().then_some(routed)
            });
            let Some(routed) = routed else {
                let response = no_route(head);
                let Received { head, body } = request;
                self.policy.discard(head.headers(), body).await;
                return response;
            };
            let http = &routed.entry.http;
            if http.events_v2 || http.cors.is_some() {
                return Box::pin(self.with_rules(routed, request, peer, arrived)).await;
            }
            self.plain(routed.entry, request, arrived).await
        }
    }
}

/// The method that a preflight asks for: its route says what is allowed.
fn asked_for<B>(request: &Request<B>) -> Option<Method> {
    let headers = request.headers();
    let preflight = *request.method() == Method::OPTIONS && headers.contains_key(header::ORIGIN);
    let asked = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD);
    Method::from_bytes(asked.filter(|_| preflight)?.as_bytes()).ok()
}

/// The response to a request that goes to no function.
fn no_route<B>(request: &Request<B>) -> Box<Response<Body>> {
    let mut response = problem::no_route(request.method(), request.uri().path());
    let (id, _) = seen::ids(request.headers());
    tracing::info!(
        target: "shim::http",
        request_id = id.as_str(),
        method = request.method().as_str(),
        path = request.uri().path(),
        status = 404,
        "no route",
    );
    let seen = Seen {
        id,
        head: *request.method() == Method::HEAD,
        accepts: Accepts::Http { whole_body: true },
        logged: false,
        target: None,
    };
    complete(&mut response, &seen);
    Box::new(response)
}

fn without_body(head: Box<Request<Body>>, accepts: Accepts) -> Payload {
    match accepts {
        Accepts::Event { json: true, .. } => Payload::Event(NO_EVENT),
        Accepts::Event { json: false, .. } => Payload::Event(Bytes::new()),
        Accepts::Http { .. } => Payload::Http(head),
    }
}

/// What every response gets, whatever it says.
fn complete(response: &mut Response<Body>, seen: &Seen) {
    render::fit_body(response, seen.head);
    let headers = response.headers_mut();
    if !headers.contains_key(&REQUEST_ID)
        && let Ok(id) = HeaderValue::from_bytes(seen.id.as_bytes())
    {
        headers.insert(REQUEST_ID, id);
    }
}
