//! One log line for each request, written when its outcome is known.

use std::time::Duration;

use http::{Method, Request, Response, Uri};
use http_body::Body as _;

use super::outgoing::Outgoing;
use crate::invocation::{Accepts, Body, FunctionError, Refusal, RequestId};
use crate::observe::{self, InvocationLine, RefusedLine};

/// What a request looked like, kept while the handler has the request itself.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) id: RequestId,
    /// Only for web handlers: all events look the same.
    target: Option<(Method, Uri)>,
}

impl Seen {
    /// Copies no text: method and path are counted references or small.
    pub(super) fn new<B>(id: RequestId, request: &Request<B>, accepts: Accepts) -> Self {
        let web = matches!(accepts, Accepts::Http { .. });
        Self {
            id,
            target: web.then(|| (request.method().clone(), request.uri().clone())),
        }
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// How long the handler took; zero when it did not run.
    pub(super) duration: Duration,
    pub(super) cold_start: bool,
    /// The function's error. What is wrong with the request is told by the status alone.
    pub(super) error: Option<FunctionError>,
}

/// Logs the request: now when its response is whole, otherwise when the stream has ended.
pub(super) fn when_done(seen: Seen, function: &str, ending: Ending, response: &mut Response<Body>) {
    let status = response.status().as_u16();
    if let Body::Stream(_) = response.body() {
        if let Body::Stream(stream) = std::mem::take(response.body_mut()) {
            let outgoing = Outgoing::new(stream, seen, function, ending, status);
            *response.body_mut() = Body::stream(outgoing);
        }
    } else {
        let bytes = response.body().size_hint().exact();
        log_line(&seen, function, &ending, status, bytes);
    }
}

/// The line of a request that ran, or whose body could not be had.
pub(super) fn log_line(
    seen: &Seen,
    function: &str,
    ending: &Ending,
    status: u16,
    response_bytes: Option<u64>,
) {
    let target = seen.target.as_ref();
    observe::invocation(&InvocationLine {
        request_id: seen.id.as_str(),
        function,
        method: target.map(|(method, _)| method.as_str()),
        path: target.map(|(_, uri)| uri.path()),
        status,
        duration: ending.duration,
        cold_start: ending.cold_start,
        response_bytes,
        error: ending.error.as_ref(),
    });
}

/// The line of a request that was refused.
pub(super) fn log_refusal(seen: &Seen, function: &str, refusal: &Refusal, status: u16) {
    observe::refused(&RefusedLine {
        request_id: seen.id.as_str(),
        function,
        status,
        refusal,
    });
}
