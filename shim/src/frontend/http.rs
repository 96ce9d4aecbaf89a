//! Plain HTTP: every request goes to the function that its route leads to.

use std::future::Future;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body::Body as _;
use hyper::body::Incoming;

use super::catalogue::{Current, Entry, Routed};
use super::log::{self, Abandoned, Ending};
use super::seen::{self, REQUEST_ID, Seen};
use super::url::{self, Arrival, Endpoint, PreludeError};
use super::{App, BodyPolicy, Peer, problem, render};
use crate::invocation::{
    Accepts, Answer, Body, BodyError, ErrorKind, FunctionError, Invocation, Invoke, Outcome,
    Payload, Refusal,
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
    // A request is some 300 bytes that are moved wherever it goes. So the invocation is made where
    // it is handed over, and what only requests with bodies need is boxed.
    async fn plain(
        &self,
        entry: &Entry<F>,
        request: Request<Incoming>,
        arrived: Instant,
    ) -> Response<Body> {
        let function = &entry.function;
        let accepts = function.accepts();
        let (id, trace_id) = seen::ids(request.headers());
        let seen = Seen::new(&request, accepts, id);
        if *request.method() == Method::CONNECT {
            return finish_otherwise(function, seen, problem::no_tunnel(), None);
        }
        let abandoned = Abandoned::unless_done(&seen, function.name(), arrived);
        if request.body().is_end_stream() {
            let running = function.invoke(Invocation {
                id,
                payload: without_body(request, accepts),
                trace_id,
                caller: None,
                arrived,
            });
            let outcome = running.await;
            abandoned.done();
            let fault = None;
            return finish(function, seen, Ran { outcome, fault });
        }
        let running = Box::pin(self.run_with_body(function, request, &seen, trace_id, arrived));
        let ran = running.await;
        abandoned.done();
        match ran {
            Ok(ran) => finish(function, seen, ran),
            Err(error) => finish_otherwise(function, seen, problem::body_error(&error), None),
        }
    }

    /// Reads as much of the body as the handler needs to begin, then runs it.
    async fn run_with_body(
        &self,
        function: &F,
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
        let outcome = function.invoke(invocation).await;
        // What was wrong with the rest of the body is known now.
        let fault = fault.and_then(|fault| fault.get().cloned());
        Ok(Ran { outcome, fault })
    }

    /// What only some functions ask for: CORS, events of payload format 2.0.
    async fn with_rules(
        &self,
        routed: Routed<'_, F>,
        request: Request<Incoming>,
        peer: Peer,
        arrived: Instant,
    ) -> Response<Body> {
        let entry = routed.entry.clone();
        let origin = request.headers().get(header::ORIGIN).cloned();
        let (head, body) = request.into_parts();
        if let Some(cors) = &entry.http.cors
            && let Some(mut response) = cors.preflight(&head.method, &head.headers)
        {
            let seen = Seen::of(&head, Accepts::Http { whole_body: true });
            complete(&mut response, &seen);
            return response;
        }
        let request = Request::from_parts(head, body);
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

    /// Hands the request over as an event, and makes a response of what comes back.
    async fn url_event(
        &self,
        routed: Routed<'_, F>,
        request: Request<Incoming>,
        peer: Peer,
        arrived: Instant,
    ) -> Response<Body> {
        let function = &routed.entry.function;
        let (head, body) = request.into_parts();
        // It is logged as a request to a web handler is.
        let seen = Seen::of(&head, Accepts::Http { whole_body: true });
        let abandoned = Abandoned::unless_done(&seen, function.name(), arrived);
        let body = match self.policy.admit(&body) {
            Ok(()) => self.policy.collect(body).await,
            Err(error) => Err(error),
        };
        let body = match body {
            Ok(body) => body,
            Err(error) => {
                abandoned.done();
                return finish_otherwise(function, seen, problem::body_error(&error), None);
            }
        };
        let now = SystemTime::now();
        let trace_id = seen::ids(&head.headers).1;
        let trace_id = trace_id.unwrap_or_else(|| url::new_trace_id(now));
        let endpoint = Endpoint {
            https: peer.tls,
            port: peer.port,
            ..Endpoint::default()
        };
        let event = url::event(
            &endpoint,
            &head,
            &body,
            &Arrival {
                source_ip: peer.ip,
                request_id: seen.id.as_str(),
                trace_id: &trace_id,
                route_key: routed.route_key,
                path_parameters: &routed.path_parameters,
                time: now,
            },
        );
        let outcome = function
            .invoke(Invocation {
                id: seen.id,
                payload: Payload::Event(event),
                trace_id: Some(trace_id),
                caller: None,
                arrived,
            })
            .await;
        let mut outcome = match outcome {
            Ok(outcome) => outcome,
            Err(refusal) => {
                abandoned.done();
                let response = problem::refusal(&refusal);
                return finish_otherwise(function, seen, response, Some(refusal));
            }
        };
        let json = matches!(
            function.accepts(),
            Accepts::Event {
                json_response: true,
                ..
            }
        );
        let response = match outcome.result {
            Ok(answer) => url_response(answer, json).await,
            Err(error) => Err(error),
        };
        abandoned.done();
        outcome.result = response.map(Answer::Http);
        finish_url(function, seen, outcome)
    }
}

/// From the response of a function to an event of payload format 2.0.
async fn url_response(answer: Answer, json: bool) -> Result<Response<Body>, FunctionError> {
    let bad =
        |reason: String| FunctionError::new(ErrorKind::Handler, "Runtime.BadResponse", reason);
    let whole = match answer {
        Answer::Http(response) => return Ok(response),
        Answer::Event(Body::Empty) => Bytes::new(),
        Answer::Event(Body::Full(bytes)) => bytes,
        Answer::Event(Body::Stream(stream)) => {
            return match url::split(stream).await {
                Ok((head, rest)) => Ok(head.with_body(Body::Stream(rest))),
                Err(PreludeError::Absent { body, .. }) => {
                    let mut response = Response::new(Body::Stream(body));
                    let bytes = HeaderValue::from_static("application/octet-stream");
                    response.headers_mut().insert(header::CONTENT_TYPE, bytes);
                    Ok(response)
                }
                Err(error) => Err(bad(error.to_string())),
            };
        }
    };
    url::response(whole, json).map_err(|error| bad(error.to_string()))
}

/// As [`finish`]: a function that fails is a bad gateway, as behind a function URL.
fn finish_url<F: Invoke>(function: &F, seen: Seen, outcome: Outcome) -> Response<Body> {
    let (mut response, error) = match outcome.result {
        Ok(Answer::Http(response)) => (render::web(response), None),
        Ok(Answer::Event(_)) => (url::failed(), None),
        Err(error) => (url::failed(), Some(error)),
    };
    complete(&mut response, &seen);
    if seen.logged {
        let ending = Ending {
            duration: outcome.duration,
            cold_start: outcome.cold_start,
            error,
            refusal: None,
        };
        log::when_done(seen, function.name(), ending, &mut response);
    }
    response
}

/// From what came of the invocation to the response, logged.
fn finish<F: Invoke>(function: &F, seen: Seen, ran: Ran) -> Response<Body> {
    let outcome = match ran.outcome {
        Ok(outcome) => outcome,
        Err(refusal) => {
            let response = problem::refusal(&refusal);
            return finish_otherwise(function, seen, response, Some(refusal));
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
        log::when_done(seen, function.name(), ending, &mut response);
    }
    response
}

/// The response to a request for which nothing ran, logged.
fn finish_otherwise<F: Invoke>(
    function: &F,
    seen: Seen,
    mut response: Response<Body>,
    refusal: Option<Refusal>,
) -> Response<Body> {
    complete(&mut response, &seen);
    let ending = Ending {
        refusal,
        ..Ending::default()
    };
    log::when_done(seen, function.name(), ending, &mut response);
    response
}

/// An invocation, and what was wrong with the streamed body that it was given.
struct Ran {
    outcome: Result<Outcome, Refusal>,
    fault: Option<BodyError>,
}

/// The event of a request without a body, where JSON is expected.
const NO_EVENT: Bytes = Bytes::from_static(b"{}");

impl<F: Invoke> App for Http<F> {
    fn call(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> impl Future<Output = Response<Body>> + Send {
        let arrived = Instant::now();
        async move {
            let catalogue = self.current.get();
            let path = request.uri().path();
            let routed = catalogue.route(request.method(), path).or_else(|| {
                let routed = catalogue.route(&asked_for(&request)?, path)?;
                routed.entry.http.cors.is_some().then_some(routed)
            });
            let Some(routed) = routed else {
                return no_route(&request);
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
fn no_route<B>(request: &Request<B>) -> Response<Body> {
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
    response
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
