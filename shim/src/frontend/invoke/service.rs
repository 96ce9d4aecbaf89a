//! Does what is asked for.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde::de::IgnoredAny;
use tokio_util::task::TaskTracker;

use super::api_error::ApiError;
use super::attempts::{self, Attempt, Attempts, Key, Whole};
use super::call::{Call, Kind};
use super::detached::Detached;
use super::path::{self, Asked, Operation};
use super::report::Report;
use super::stream::Frames;
use crate::auth::Verifier;
use crate::events::{Accepted, Events, PushError, Target as EventTarget};
use crate::frontend::BodyPolicy;
use crate::frontend::catalogue::{Current, Entry};
use crate::invocation::{
    Accepts, Answer, Body, BodyError, ErrorKind, FunctionError, Home, Invocation, Invoke, LATEST,
    Outcome, Payload, Refusal, RequestId, Target,
};
use crate::observe::tail::{self, Tail};
use crate::observe::{self, RefusedLine};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const LOG_RESULT: HeaderName = HeaderName::from_static("x-amz-log-result");
const REMAPPED_LENGTH: HeaderName = HeaderName::from_static("x-amzn-remapped-content-length");

/// A synchronous request must be smaller, in bytes.
const MAX_REQUEST: u64 = 6_291_456;
/// An asynchronous one may have as many.
const MAX_EVENT: u64 = 1024 * 1024;
/// As above, for `InvokeAsync`.
const MAX_ASYNC: u64 = 256 * 1024;
/// The longest response, in bytes.
const MAX_RESPONSE: usize = 6_291_556;
/// When to try again after the queue of events was full.
const QUEUE_FULL: Duration = Duration::from_secs(1);

/// How the API is served.
#[derive(Debug, Clone)]
pub struct InvokePlan {
    /// Where the functions live.
    pub home: Home,
    /// What stands before all paths of the API: empty, or `/base/path`.
    pub base_path: String,
    /// How long a client may pause while it sends an event.
    pub body_timeout: Duration,
    /// How long an answer is kept for further attempts at the same call; `None`: each attempt runs
    /// the function.
    pub retry_window: Option<Duration>,
}

/// Serves functions over the Lambda Invoke API.
pub struct InvokeApi<F: Invoke> {
    current: Arc<Current<F>>,
    plan: InvokePlan,
    attempts: Option<Arc<Attempts>>,
    events: Arc<Events<Arc<Current<F>>>>,
    verifier: Arc<ArcSwapOption<Verifier>>,
    background: TaskTracker,
}

impl<F: Invoke> InvokeApi<F> {
    /// Serves what is `current`. Asynchronous events go to `events`. While there is a verifier,
    /// requests must be signed.
    pub fn new(
        current: Arc<Current<F>>,
        plan: InvokePlan,
        events: Arc<Events<Arc<Current<F>>>>,
        verifier: Arc<ArcSwapOption<Verifier>>,
    ) -> Self {
        Self {
            attempts: plan.retry_window.map(Attempts::new),
            current,
            plan,
            events,
            verifier,
            background: TaskTracker::new(),
        }
    }

    /// Whether the path belongs to the API.
    pub fn owns(&self, path: &str) -> bool {
        path::api_path(path, &self.plan.base_path).is_some()
    }

    /// Waits for invocations whose callers have gone. They run on, as on Lambda, if the caller may
    /// come back for the answer.
    pub async fn drain(&self) {
        self.background.close();
        self.background.wait().await;
    }

    /// Answers a request whose path [belongs](Self::owns) to the API.
    pub async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let arrived = Instant::now();
        let id = RequestId::random();
        let called = Box::pin(self.read_and_answer(request, id, arrived)).await;
        called.unwrap_or_else(|error| {
            tracing::info!(
                target: "shim::invoke",
                request_id = id.as_str(),
                error_type = error.name(),
                status = error.status().as_u16(),
                "refused: {}",
                error.logged(),
            );
            with_ids(error.into_response(), &id, None)
        })
    }

    async fn read_and_answer(
        &self,
        request: Request<Incoming>,
        id: RequestId,
        arrived: Instant,
    ) -> Result<Response<Body>, ApiError> {
        let (head, body) = request.into_parts();
        let path = path::api_path(head.uri.path(), &self.plan.base_path).unwrap_or_default();
        let (operation, name) = match path::read(&head.method, path) {
            Asked::Call(operation, name) => (operation, name),
            Asked::BadEncoding => {
                return Err(ApiError::invalid_parameter(
                    "the function's name is not UTF-8",
                ));
            }
            Asked::Unknown => return Err(ApiError::unknown_operation(&head.method, path)),
        };
        let verifier = self.verifier.load_full();
        let signed = verifier
            .map(|verifier| verifier.check_head(&head, SystemTime::now()))
            .transpose()?;
        let mut call = Call::read(operation, &head.headers)?;
        let policy = BodyPolicy {
            max_bytes: MAX_REQUEST - 1,
            timeout: self.plan.body_timeout,
        };
        let read = match policy.admit(&body) {
            Ok(()) => policy.collect(body).await,
            Err(error) => Err(error),
        };
        let event = read.map_err(|error| match error {
            BodyError::TooLarge { .. } => ApiError::too_large(format!(
                "Request must be smaller than {MAX_REQUEST} bytes for the {} operation",
                operation.name()
            )),
            other => (&other).into(),
        })?;
        if let Some(signed) = signed {
            signed.check_body(&event)?;
        }

        let qualifier = match operation {
            Operation::Async => None,
            Operation::Invoke | Operation::Stream => path::qualifier(head.uri.query()),
        };
        let target = Target::parse(&name, qualifier.as_deref(), &self.plan.home)?;
        let entry = self.current.get().find(&target.name).cloned();
        let version = entry
            .as_ref()
            .and_then(|entry| entry.version_of(target.qualifier.as_deref()))
            .map(str::to_owned);
        let (Some(entry), Some(version)) = (entry, version) else {
            return Err(ApiError::not_found(&target.qualified_arn(&self.plan.home)));
        };
        let arn = self
            .plan
            .home
            .arn(&target.name, target.qualifier.as_deref());
        let trace_id = call.trace_id.take().unwrap_or_else(|| new_trace(&id));
        let work = Work {
            id,
            arrived,
            qualifier: target.qualifier,
            version,
            trace_id,
            caller_arn: arn,
            entry,
            event: if event.is_empty() { NO_EVENT } else { event },
            call,
        };
        match work.call.kind.clone() {
            Kind::DryRun => Ok(work.dry_run()),
            Kind::Event => self.accept(work, operation).await,
            Kind::Error(name) => work.mocked_error(&name),
            Kind::RequestResponse if operation == Operation::Stream => work.stream().await,
            Kind::RequestResponse => Ok(self.once(work).await),
        }
    }

    /// Runs the function, unless this is a further attempt at a call that ran or runs.
    async fn once(&self, mut work: Work<F>) -> Response<Body> {
        let (Some(attempts), Some(id)) = (&self.attempts, work.call.attempts_id.take()) else {
            return work.answer().await.0;
        };
        let key = Key {
            function: work.caller_arn.clone(),
            id,
        };
        let claim = loop {
            match attempts.begin(key.clone()) {
                Attempt::First(claim) => break claim,
                Attempt::Another(answer) => {
                    if let Some(whole) = attempts::wait(answer).await {
                        return whole.into_response();
                    }
                }
            }
        };
        let answering = async move {
            let (response, ran) = work.answer().await;
            let (head, body) = response.into_parts();
            let body = match body {
                Body::Full(bytes) => bytes,
                // Answers are whole.
                Body::Empty | Body::Stream(_) => Bytes::new(),
            };
            let whole = Whole { head, body };
            claim.answer(&whole, ran);
            whole.into_response()
        };
        Detached::new(answering, self.background.clone()).await
    }

    /// Takes an event for later.
    async fn accept(
        &self,
        work: Work<F>,
        operation: Operation,
    ) -> Result<Response<Body>, ApiError> {
        let limit = match operation {
            Operation::Async => MAX_ASYNC,
            Operation::Invoke | Operation::Stream => MAX_EVENT,
        };
        let length = work.event.len() as u64;
        if length > limit {
            return Err(ApiError::too_large(format!(
                "{length} byte payload is too large for the Event invocation type (limit {limit} \
                 bytes)"
            )));
        }
        must_be_json(&work.event)?;
        let (id, trace_id) = (work.id, work.trace_id.clone());
        let event = Accepted {
            id,
            target: EventTarget {
                name: work.entry.name.clone(),
                qualifier: work.qualifier,
                arn: work.caller_arn,
                version: work.version,
            },
            payload: work.event,
            trace_id: Some(work.trace_id),
            tenant_id: work.call.tenant_id,
            arrived: SystemTime::now(),
            hops: 0,
        };
        self.events.accept(event).await.map_err(|full| match full {
            PushError::Full { .. } => ApiError::too_many(QUEUE_FULL),
            PushError::Closed => (&Refusal::ShuttingDown).into(),
        })?;
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = StatusCode::ACCEPTED;
        if operation == Operation::Async {
            *response.body_mut() = Body::from(r#"{"Status":202}"#);
            response.headers_mut().insert(header::CONTENT_TYPE, JSON);
        }
        Ok(with_ids(response, &id, Some(&trace_id)))
    }
}

/// The event of a call without one.
const NO_EVENT: Bytes = Bytes::from_static(b"{}");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A call that can be done, with all that this needs.
struct Work<F> {
    id: RequestId,
    arrived: Instant,
    entry: Arc<Entry<F>>,
    qualifier: Option<String>,
    version: String,
    caller_arn: String,
    trace_id: String,
    event: Bytes,
    call: Call,
}

/// What came of a run, and its report.
type Ran = (Result<Outcome, Refusal>, Report);

impl<F: Invoke> Work<F> {
    fn dry_run(&self) -> Response<Body> {
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = StatusCode::NO_CONTENT;
        with_ids(response, &self.id, Some(&self.trace_id))
    }

    /// In mock mode: the error of this name.
    fn mocked_error(&self, name: &str) -> Result<Response<Body>, ApiError> {
        let Some(error) = self.entry.function.mocked_error(name) else {
            return Err(ApiError::not_in_set(
                "invocationType",
                "Error",
                "Event, RequestResponse, DryRun",
            ));
        };
        let error = error.map_err(|choices| {
            let choices = choices.join(", ");
            ApiError::no_such(format!(
                "the handler of {} declares no error {name}; it declares: {choices}",
                self.entry.name
            ))
        })?;
        let mut report = self.report();
        report.failed(error);
        Ok(self.failed(&mut report))
    }

    fn report(&self) -> Report {
        let tail = self.call.tail.then(|| {
            let tail = Tail::begin(&self.id);
            tail.push_line(&tail::start_line(&self.id, &self.version));
            tail
        });
        Report {
            id: self.id,
            function: self.entry.name.clone(),
            memory_mb: self.entry.memory_mb,
            arrived: self.arrived,
            duration: Duration::ZERO,
            cold_start: false,
            trace_id: Some(self.trace_id.clone()),
            error: None,
            tail,
        }
    }

    /// Runs the function.
    async fn run(&mut self) -> Result<Ran, ApiError> {
        let json = match self.entry.function.accepts() {
            Accepts::Event { json, .. } => json,
            Accepts::Http { .. } => {
                let mut report = self.report();
                report.failed(FunctionError::handler_takes_http());
                let outcome = Outcome {
                    result: Ok(Answer::Event(Body::Empty)),
                    cold_start: false,
                    duration: Duration::ZERO,
                };
                return Ok((Ok(outcome), report));
            }
        };
        if !json {
            must_be_json(&self.event)?;
        }
        let mut report = self.report();
        let caller = self.call.caller(self.caller_arn.clone());
        let mut invocation = Invocation::new(Payload::Event(self.event.clone()));
        invocation.id = self.id;
        invocation.trace_id = Some(self.trace_id.clone());
        invocation.caller = Some(Box::new(caller));
        invocation.arrived = self.arrived;
        let outcome = self.entry.function.invoke(invocation).await;
        let outcome = match outcome {
            Ok(mut outcome) => {
                report.duration = outcome.duration;
                report.cold_start = outcome.cold_start;
                if let Err(error) = outcome.result {
                    if error.kind == ErrorKind::BadEvent {
                        // Its type did not fit; or was it no JSON at all?
                        must_be_json(&self.event)?;
                    }
                    report.failed(error);
                    outcome.result = Ok(Answer::Event(Body::Empty));
                }
                Ok(outcome)
            }
            Err(refusal) => {
                observe::refused(&RefusedLine {
                    request_id: self.id.as_str(),
                    function: &self.entry.name,
                    status: ApiError::from(&refusal).status().as_u16(),
                    refusal: &refusal,
                });
                Err(refusal)
            }
        };
        Ok((outcome, report))
    }

    /// Runs the function and answers with its whole response. Also says whether it ran.
    async fn answer(mut self) -> (Response<Body>, bool) {
        let (outcome, mut report) = match self.run().await {
            Ok(ran) => ran,
            Err(error) => return (self.refused(error), false),
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(refusal) => return (self.refused((&refusal).into()), false),
        };
        if report.error.is_some() {
            return (self.failed(&mut report), true);
        }
        let body = match outcome.result {
            Ok(Answer::Event(Body::Empty)) => Ok(Bytes::new()),
            Ok(Answer::Event(Body::Full(bytes))) => Ok(bytes),
            Ok(Answer::Event(stream)) => collect(stream).await,
            Ok(Answer::Http(_)) | Err(_) => Ok(Bytes::new()),
        };
        let body = match body {
            Ok(body) if body.len() <= MAX_RESPONSE => body,
            Ok(_) => {
                report.failed(too_long());
                return (self.failed(&mut report), true);
            }
            Err(error) => {
                report.failed(error);
                return (self.failed(&mut report), true);
            }
        };
        let log = report.finish(Some(body.len() as u64));
        (self.ok(body, log), true)
    }

    fn refused(&self, error: ApiError) -> Response<Body> {
        with_ids(error.into_response(), &self.id, Some(&self.trace_id))
    }

    /// The answer to an invocation whose function failed.
    fn failed(&self, report: &mut Report) -> Response<Body> {
        let document = Bytes::from(report.error_document().unwrap_or_default());
        let log = report.finish(Some(document.len() as u64));
        let mut response = self.ok(document, log);
        let unhandled = HeaderValue::from_static("Unhandled");
        response.headers_mut().insert(FUNCTION_ERROR, unhandled);
        response
    }

    fn ok(&self, body: Bytes, log: Option<String>) -> Response<Body> {
        let mut response = Response::new(Body::from(body));
        let headers = response.headers_mut();
        headers.reserve(8);
        headers.insert(header::CONTENT_TYPE, JSON);
        headers.insert(REMAPPED_LENGTH, HeaderValue::from_static("0"));
        headers.insert(EXECUTED_VERSION, version_value(&self.version));
        if let Some(log) = log.and_then(|log| HeaderValue::from_maybe_shared(Bytes::from(log)).ok())
        {
            headers.insert(LOG_RESULT, log);
        }
        with_ids(response, &self.id, Some(&self.trace_id))
    }

    /// Runs the function and answers with its response in frames, as it comes.
    async fn stream(mut self) -> Result<Response<Body>, ApiError> {
        let (outcome, report) = self.run().await?;
        let outcome = outcome.map_err(|refusal| ApiError::from(&refusal))?;
        let source = match outcome.result {
            Ok(Answer::Event(body)) => body,
            Ok(Answer::Http(_)) | Err(_) => Body::Empty,
        };
        let mut response = Response::new(Body::stream(Frames::new(source, report)));
        let headers = response.headers_mut();
        let frames = HeaderValue::from_static("application/vnd.amazon.eventstream");
        headers.insert(header::CONTENT_TYPE, frames);
        headers.insert(EXECUTED_VERSION, version_value(&self.version));
        Ok(with_ids(response, &self.id, Some(&self.trace_id)))
    }
}

fn version_value(version: &str) -> HeaderValue {
    match version {
        LATEST => HeaderValue::from_static(LATEST),
        version => {
            HeaderValue::from_str(version).unwrap_or_else(|_| HeaderValue::from_static(LATEST))
        }
    }
}

/// A streamed response as a whole one.
async fn collect(stream: Body) -> Result<Bytes, FunctionError> {
    let limited = http_body_util::Limited::new(stream, MAX_RESPONSE);
    let collected = limited.collect().await.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            return too_long();
        }
        let reason = error.to_string();
        FunctionError::new(ErrorKind::Handler, "Runtime.TruncatedResponse", reason)
    });
    Ok(collected?.to_bytes())
}

fn too_long() -> FunctionError {
    FunctionError::new(
        ErrorKind::Handler,
        "Function.ResponseSizeTooLarge",
        format!(
            "Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE} bytes)."
        ),
    )
}

fn must_be_json(event: &[u8]) -> Result<(), ApiError> {
    match serde_json::from_slice::<IgnoredAny>(event) {
        Ok(_) => Ok(()),
        Err(error) => Err(ApiError::not_json(&error)),
    }
}

/// A trace that begins here: its number is made from the request id's.
fn new_trace(id: &RequestId) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.unwrap_or_default().as_secs();
    let digits: String = id.chars().filter(|char| *char != '-').take(24).collect();
    format!("Root=1-{seconds:08x}-{digits};Sampled=0")
}

/// What every response of the API carries.
fn with_ids(mut response: Response<Body>, id: &RequestId, trace: Option<&str>) -> Response<Body> {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_bytes(id.as_bytes()) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(trace) = trace.and_then(|trace| HeaderValue::from_str(trace).ok()) {
        headers.insert(TRACE_ID, trace);
    }
    response
}
