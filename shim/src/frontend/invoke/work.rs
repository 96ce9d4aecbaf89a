//! A call whose function is known, and what is answered.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};

use super::answered::{Answered, NotWhole};
use super::api_error::ApiError;
use super::call::{Call, Kind};
use super::plain_json::is_plain;
use super::report::{Report, Told};
use super::stream::Frames;
use crate::frontend::catalogue::Share;
use crate::frontend::seen::{AMZN_REQUEST_ID, TRACE_ID};
use crate::gateway::{self, Form, NotHttp};
use crate::invocation::{
    Accepts, Body, Caller, ErrorKind, Invocation, Invoke, LATEST, Payload, RequestId, json,
};
use crate::observe::tail::{self, Tail};
use crate::observe::{self, RefusedLine};

pub(super) const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
pub(super) const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const LOG_RESULT: HeaderName = HeaderName::from_static("x-amz-log-result");
const REMAPPED_LENGTH: HeaderName = HeaderName::from_static("x-amzn-remapped-content-length");

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A request that was read.
pub(super) type Spare = Option<Box<Request<Body>>>;

/// A call that can be done.
pub(super) struct Work<F> {
    pub(super) id: RequestId,
    pub(super) arrived: Instant,
    pub(super) entry: Arc<Share<F>>,
    pub(super) qualifier: Option<String>,
    /// What the handler may know of its caller, which is told once. Names the function as the caller
    /// does.
    pub(super) caller: Arc<Caller>,
    /// Visible ASCII.
    pub(super) trace_id: HeaderValue,
    pub(super) event: Bytes,
    pub(super) call: Call,
    /// Who signed it.
    pub(super) access_key: Option<String>,
}

impl<F: Invoke> Work<F> {
    /// The version that is called.
    pub(super) fn version(&self) -> &str {
        let version = self.entry.version_of(self.qualifier.as_deref());
        version.unwrap_or(LATEST)
    }

    pub(super) fn trace_id(&self) -> &str {
        // Quicker than `to_str`, which looks for what is not visible, too.
        str::from_utf8(self.trace_id.as_bytes()).unwrap_or_default()
    }

    /// The caller waits for the answer, and there is no other attempt at the same call.
    pub(super) fn is_plain(&self) -> bool {
        self.call.kind == Kind::RequestResponse && self.call.attempts_id.is_none()
    }

    pub(super) fn dry_run(self) -> Box<Response<Body>> {
        let mut response = Box::new(Response::new(Body::Empty));
        *response.status_mut() = StatusCode::NO_CONTENT;
        with_ids(response, &self.id, self.trace_id)
    }

    /// In mock mode: the error of this name.
    pub(super) fn mocked_error(&mut self, name: &str) -> Result<Box<Response<Body>>, ApiError> {
        let Some(error) = self.entry.function.mocked_error(name) else {
            return Err(ApiError::not_in_set(
                "invocationType",
                "Error",
                "Event, RequestResponse, DryRun",
            ));
        };
        let error = error.map_err(|choices| {
            let choices = match choices.as_slice() {
                [] => "it declares none: #[handler(errors(NotFound))]".to_owned(),
                choices => format!("it declares: {}", choices.join(", ")),
            };
            ApiError::no_such(format!(
                "the handler of {} declares no error {name}; {choices}",
                self.entry.name
            ))
        })?;
        let told = {
            let metrics = &self.entry.metrics;
            let _running = metrics.begin();
            metrics.finished(self.arrived.elapsed(), false, true);
            let mut report = self.report();
            report.failed(Box::new(error));
            report.tell(Bytes::new())
        };
        Ok(self.told(told, None))
    }

    fn report(&self) -> Report<'_> {
        let tail = self.call.tail.then(|| {
            let tail = Tail::begin(&self.id);
            tail.push_line(&tail::start_line(&self.id, self.version()));
            tail
        });
        Report {
            id: self.id,
            function: Cow::Borrowed(&self.entry.name),
            memory_mb: self.entry.memory_mb,
            arrived: self.arrived,
            duration: Duration::ZERO,
            streams_since: None,
            cold_start: false,
            start: None,
            trace_id: Cow::Borrowed(self.trace_id()),
            error: None,
            tail,
            told: false,
        }
    }

    /// The ARN by which the caller names the function.
    pub(super) fn caller_arn(&self) -> String {
        self.caller.arn.clone().unwrap_or_default()
    }

    /// What is to be run; a web handler gets the request that the event in this form stands for.
    // Not a part of `run`: what is lent out there is kept until the function has answered.
    fn invocation(&self) -> Result<(Invocation, Option<Form>), NotHttp> {
        let mut invocation = Invocation {
            id: self.id,
            payload: Payload::Event(self.event.clone()),
            trace_id: Some(self.trace_id().to_owned()),
            caller: Some(self.caller.clone()),
            arrived: self.arrived,
        };
        let form = match self.entry.function.accepts() {
            Accepts::Event { .. } => None,
            Accepts::Http { .. } => {
                let event = gateway::request(&self.event, self.entry.ignore_stage)?;
                Some(event.hand_over(&mut invocation))
            }
        };
        Ok((invocation, form))
    }

    /// Runs the function. The answer is what it answered, the report gets its error.
    async fn run(&self, report: &mut Report<'_>) -> Result<Answered, ApiError> {
        // Not every handler looks at its event: some take bytes, some nothing, a mock none at all. For
        // those that do it is not read through twice.
        let function = &self.entry.function;
        let checked = function.checks_json();
        // What it ignores it does not look at.
        if !checked || str::from_utf8(&self.event).is_err() {
            must_be_json(&self.event).inspect_err(|_| report.forget())?;
        }
        let (invocation, form) = match self.invocation() {
            Ok(made) => made,
            Err(error) => {
                let metrics = &self.entry.metrics;
                let _running = metrics.begin();
                metrics.finished(self.arrived.elapsed(), false, true);
                report.failed(Box::new(error.into()));
                return Ok(Answered::default());
            }
        };
        let outcome = match function.invoke(invocation).await {
            Ok(outcome) => outcome,
            Err(refusal) => {
                report.forget();
                let error = ApiError::from(&refusal);
                observe::refused(&RefusedLine {
                    request_id: self.id.as_str(),
                    function: &self.entry.name,
                    status: error.status().as_u16(),
                    refusal: &refusal,
                });
                return Err(error);
            }
        };
        if checked && matches!(&outcome.result, Err(error) if error.kind == ErrorKind::BadEvent) {
            must_be_json(&self.event).inspect_err(|_| report.forget())?;
        }
        report.duration = outcome.duration;
        report.cold_start = outcome.cold_start;
        report.start = outcome.start;
        let answered = outcome.result.and_then(|answer| {
            let answered = Answered::new(answer, form);
            answered
                .inspect_err(|_| self.entry.metrics.failed_late())
                .map_err(Box::new)
        });
        let answered = answered.unwrap_or_else(|error| {
            report.failed(error);
            Answered::default()
        });
        report.streams_since = answered.is_stream().then(Instant::now);
        Ok(answered)
    }

    /// Runs the function and answers with its whole response. Also says whether it ran. What is left of
    /// the request serves the response.
    pub(super) async fn answer(&mut self, spare: Spare) -> (Box<Response<Body>>, bool) {
        self.call.tell(&mut self.caller);
        let mut report = self.report();
        let answered = match self.run(&mut report).await {
            Ok(answered) => answered,
            Err(error) => {
                drop(report);
                return (self.refused(error), false);
            }
        };
        let body = answered.whole().await;
        report.streamed();
        let body = body.unwrap_or_else(|error| {
            report.failed(Box::new(match error {
                NotWhole::TooLong(error) => {
                    self.entry.metrics.failed_late();
                    error
                }
                NotWhole::Broken(error) => error,
            }));
            Bytes::new()
        });
        let told = report.tell(body);
        drop(report);
        (self.told(told, spare), true)
    }

    fn refused(&self, error: ApiError) -> Box<Response<Body>> {
        refuse(error, &self.id, self.trace_id.clone())
    }

    /// The answer to an invocation that ran, in the room of the request. Takes the trace.
    fn told(&mut self, told: Told, spare: Spare) -> Box<Response<Body>> {
        let mut response = Box::new(Response::new(Body::from(told.body)));
        let headers = response.headers_mut();
        if let Some(mut spare) = spare {
            std::mem::swap(headers, spare.headers_mut());
            headers.clear();
        }
        headers.insert(header::CONTENT_TYPE, JSON);
        headers.insert(REMAPPED_LENGTH, HeaderValue::from_static("0"));
        headers.insert(EXECUTED_VERSION, version_value(self.version()));
        if let Some(log) = told
            .log
            .and_then(|log| HeaderValue::from_maybe_shared(Bytes::from(log)).ok())
        {
            headers.insert(LOG_RESULT, log);
        }
        if told.failed {
            let unhandled = HeaderValue::from_static("Unhandled");
            headers.insert(FUNCTION_ERROR, unhandled);
        }
        let trace_id = std::mem::replace(&mut self.trace_id, HeaderValue::from_static(""));
        with_ids(response, &self.id, trace_id)
    }

    /// Runs the function and answers with its response in frames, as it comes.
    pub(super) async fn stream(mut self) -> Result<Box<Response<Body>>, ApiError> {
        self.call.tell(&mut self.caller);
        let mut report = self.report();
        let answered = self.run(&mut report).await?;
        let frames = Frames::new(answered.streamed(), report.into_owned());
        let mut response = Box::new(Response::new(Body::stream(frames)));
        let headers = response.headers_mut();
        let frames = HeaderValue::from_static("application/vnd.amazon.eventstream");
        headers.insert(header::CONTENT_TYPE, frames);
        headers.insert(EXECUTED_VERSION, version_value(self.version()));
        Ok(with_ids(response, &self.id, self.trace_id))
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

pub(super) fn must_be_json(event: &[u8]) -> Result<(), ApiError> {
    if is_plain(event) {
        return Ok(());
    }
    json::check(event).map_err(|error| ApiError::not_json(&error))
}

/// The response to a call that was not done. One that was refused for want of room is logged where
/// that is counted.
pub(super) fn refuse(
    error: ApiError,
    id: &RequestId,
    trace_id: HeaderValue,
) -> Box<Response<Body>> {
    if !error.is_throttle() {
        tracing::info!(
            target: "shim::invoke",
            request_id = id.as_str(),
            error_type = error.name(),
            status = error.status().as_u16(),
            "refused: {}",
            error.logged(),
        );
    }
    with_ids(Box::new(error.into_response()), id, trace_id)
}

/// What every response of the API carries.
pub(super) fn with_ids(
    mut response: Box<Response<Body>>,
    id: &RequestId,
    trace_id: HeaderValue,
) -> Box<Response<Body>> {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_bytes(id.as_bytes()) {
        headers.insert(AMZN_REQUEST_ID, id);
    }
    headers.insert(TRACE_ID, trace_id);
    response
}
