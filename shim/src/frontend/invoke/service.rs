//! Does what is asked for.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use tokio_util::task::TaskTracker;

use super::api_error::ApiError;
use super::attempts::{self, Attempt, Attempts, Key, Whole};
use super::call::{self, Call, Kind};
use super::detached::Detached;
use super::path::{self, Asked, Operation};
use super::work::{JSON, Work, must_be_json, refuse, with_ids};
use crate::auth::{Pending, Verifier};
use crate::events::{Accepted, Events, PushError, Target as EventTarget};
use crate::frontend::catalogue::Current;
use crate::frontend::{BodyPolicy, Received, trace};
use crate::invocation::{Body, BodyError, Home, Invoke, Refusal, RequestId, Target};

/// A synchronous request must be smaller, in bytes.
const MAX_REQUEST: u64 = 6_291_456;
/// An asynchronous one may have as many.
const MAX_EVENT: u64 = 1024 * 1024;
/// As above, for `InvokeAsync`.
const MAX_ASYNC: u64 = 256 * 1024;
/// When to try again after the queue of events was full.
const QUEUE_FULL: Duration = Duration::from_secs(1);

/// How the API is served.
#[derive(Debug, Clone)]
pub struct InvokePlan {
    /// Where the functions live.
    pub home: Home,
    /// What stands before all paths of the API: empty, or `/base/path`.
    pub base_path: String,
    /// Limits of request bodies; the API's own hold as well.
    pub body: BodyPolicy,
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

/// What the head of a request says.
struct Head<'a> {
    operation: Operation,
    signed: Option<Box<Pending>>,
    call: Call,
    /// As the caller names the function. What is wrong with it is told once the body is there.
    name: Cow<'a, str>,
    qualifier: Option<String>,
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

    /// What stands before all paths of the API.
    #[cfg(feature = "dev")]
    pub(super) fn base_path(&self) -> &str {
        &self.plan.base_path
    }

    /// Whether requests must be signed.
    #[cfg(feature = "dev")]
    pub(super) fn is_signed(&self) -> bool {
        self.verifier.load().is_some()
    }

    /// Waits for invocations whose callers have gone. They run on, as on Lambda, if the caller may
    /// come back for the answer.
    pub async fn drain(&self) {
        self.background.close();
        self.background.wait().await;
    }

    /// Answers a request whose path [belongs](Self::owns) to the API.
    // What waits for an answer is moved and kept as a whole, so each step holds no more than the
    // next ones need.
    pub async fn call(&self, request: Received) -> Box<Response<Body>> {
        let id = RequestId::random();
        let found = {
            let arrived = Instant::now();
            let Received {
                head: request,
                body,
            } = request;
            let head = match self.read_head(&request) {
                Ok(head) => head,
                Err(error) => {
                    self.plan.body.discard(request.headers(), body).await;
                    return refuse(error, &id, call::trace_id_of(request.headers(), &id));
                }
            };
            let found = match self.read_event(&head, body, request.headers()).await {
                Ok(event) => self.find(head, event, id, arrived),
                Err(error) => Err(error),
            };
            match found {
                Ok((operation, work)) => (operation, work, request),
                Err(error) => {
                    return refuse(error, &id, call::trace_id_of(request.headers(), &id));
                }
            }
        };
        match found {
            (Operation::Invoke, mut work, spare) if work.is_plain() => {
                work.answer(Some(spare)).await.0
            }
            (operation, work, _) => {
                let trace_id = work.trace_id.clone();
                let answered = Box::pin(self.otherwise(operation, work)).await;
                answered.unwrap_or_else(|error| refuse(error, &id, trace_id))
            }
        }
    }

    /// Finds the function that a request is for.
    fn find(
        &self,
        mut head: Head<'_>,
        event: Bytes,
        id: RequestId,
        arrived: Instant,
    ) -> Result<(Operation, Box<Work<F>>), ApiError> {
        let signer = head.signed.map(|signed| signed.check_body(&event));
        let signer = signer.transpose()?;
        let home = &self.plan.home;
        let target = Target::parse(&head.name, head.qualifier.as_deref(), home)?;
        let entry = self.current.get().share(target.name).cloned();
        let known = entry.filter(|entry| entry.version_of(target.qualifier).is_some());
        let Some(entry) = known else {
            return Err(ApiError::not_found(&target.qualified_arn(home)));
        };
        let trace_id = head.call.trace_id.take();
        let room = Box::new_uninit();
        let work = Work {
            id,
            arrived,
            caller: entry.caller(&target, home),
            qualifier: target.qualifier.map(str::to_owned),
            trace_id: trace_id.unwrap_or_else(|| trace::begin(&id)),
            entry,
            event: if event.is_empty() { NO_EVENT } else { event },
            call: head.call,
            access_key: signer.map(|signer| signer.access_key_id),
        };
        Ok((head.operation, Box::write(room, work)))
    }

    /// All but a plain call.
    async fn otherwise(
        &self,
        operation: Operation,
        mut work: Box<Work<F>>,
    ) -> Result<Box<Response<Body>>, ApiError> {
        match work.call.kind.clone() {
            Kind::RequestResponse if operation == Operation::Stream => work.stream().await,
            Kind::RequestResponse => match (&self.attempts, work.call.attempts_id.take()) {
                (Some(attempts), Some(id)) => Ok(self.once(attempts, id, work).await),
                _ => Ok(work.answer(None).await.0),
            },
            Kind::Event => self.accept(work, operation).await,
            Kind::DryRun => Ok(work.dry_run()),
            Kind::Error(name) => work.mocked_error(&name),
        }
    }

    fn read_head<'a>(&self, request: &'a Request<Body>) -> Result<Head<'a>, ApiError> {
        let path = path::api_path(request.uri().path(), &self.plan.base_path).unwrap_or_default();
        let (operation, name) = match path::read(request.method(), path) {
            Asked::Call(operation, name) => (operation, name),
            Asked::BadEncoding => {
                return Err(ApiError::invalid_parameter(
                    "the function's name is not UTF-8",
                ));
            }
            Asked::Unknown => return Err(ApiError::unknown_operation(request.method(), path)),
        };
        let verifier = self.verifier.load_full();
        let signed = verifier
            .map(|verifier| verifier.check_head(&parts_of(request), SystemTime::now()))
            .transpose()?
            .map(Box::new);
        let call = Call::read(operation, request.headers())?;
        let qualifier = match operation {
            Operation::Async => None,
            Operation::Invoke | Operation::Stream => path::qualifier(request.uri().query()),
        };
        Ok(Head {
            operation,
            signed,
            call,
            name,
            qualifier,
        })
    }

    async fn read_event(
        &self,
        head: &Head<'_>,
        body: Incoming,
        headers: &HeaderMap,
    ) -> Result<Bytes, ApiError> {
        let longest = MAX_REQUEST.min(self.plan.body.max_bytes.saturating_add(1));
        let policy = BodyPolicy {
            max_bytes: longest - 1,
            ..self.plan.body
        };
        let read = match policy.admit(headers, body).await {
            Ok(body) => policy.collect(body).await,
            Err(error) => Err(error),
        };
        read.map_err(|error| match error {
            BodyError::TooLarge { .. } => ApiError::too_large(format!(
                "Request must be smaller than {longest} bytes for the {} operation",
                head.operation.name()
            )),
            other => (&other).into(),
        })
    }

    /// Runs the function, unless this is a further attempt at a call that ran or runs.
    async fn once(
        &self,
        attempts: &Arc<Attempts>,
        id: String,
        mut work: Box<Work<F>>,
    ) -> Box<Response<Body>> {
        let key = Key {
            function: work.caller_arn(),
            id,
            access_key: work.access_key.take(),
            tenant_id: work.call.tenant_id.clone(),
            client_context: work.call.client_context.clone(),
            tail: work.call.tail,
            event: (work.event.len(), crc32fast::hash(&work.event)),
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
            let (response, ran) = work.answer(None).await;
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
        work: Box<Work<F>>,
        operation: Operation,
    ) -> Result<Box<Response<Body>>, ApiError> {
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
        let id = work.id;
        let arn = work.caller_arn();
        let version = work.version().to_owned();
        let trace_id = work.trace_id().to_owned();
        let work = *work;
        let event = Accepted {
            id,
            target: EventTarget {
                name: work.entry.name.clone(),
                qualifier: work.qualifier,
                arn,
                version,
            },
            payload: work.event,
            trace_id: Some(trace_id),
            tenant_id: work.call.tenant_id,
            arrived: SystemTime::now(),
            hops: 0,
        };
        self.events.accept(event).await.map_err(|full| match full {
            PushError::Full { .. } => {
                tracing::warn!(request_id = id.as_str(), "an event was refused: {full}");
                ApiError::queue_full(QUEUE_FULL)
            }
            PushError::Closed => (&Refusal::ShuttingDown).into(),
        })?;
        let mut response = Box::new(Response::new(Body::Empty));
        *response.status_mut() = StatusCode::ACCEPTED;
        if operation == Operation::Async {
            *response.body_mut() = Body::from(r#"{"Status":202}"#);
            response.headers_mut().insert(header::CONTENT_TYPE, JSON);
        }
        Ok(with_ids(response, &id, work.trace_id))
    }
}

/// A copy of a request's head.
fn parts_of(request: &Request<Body>) -> Parts {
    let mut parts = Request::new(()).into_parts().0;
    parts.method = request.method().clone();
    parts.uri = request.uri().clone();
    parts.version = request.version();
    parts.headers = request.headers().clone();
    parts
}

/// The event of a call without one.
const NO_EVENT: Bytes = Bytes::from_static(b"{}");
