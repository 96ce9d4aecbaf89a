//! One log line for each request, written when its outcome is known.

use std::time::{Duration, Instant};

use http::Response;
use http::uri::PathAndQuery;
use http_body::Body as _;
use tracing::level_filters::LevelFilter;

use super::outgoing::Outgoing;
use super::seen::Seen;
use crate::invocation::{Body, ErrorKind, FunctionError, Refusal};
use crate::observe::{self, InvocationLine, RefusedLine};

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// How long the handler took; zero when it did not run.
    pub(super) duration: Duration,
    pub(super) cold_start: bool,
    /// The function's error. What is wrong with the request is told by the status alone.
    pub(super) error: Option<Box<FunctionError>>,
    /// Nothing ran.
    pub(super) refusal: Option<Refusal>,
}

/// Whether anything is logged at all.
pub(super) fn is_on() -> bool {
    LevelFilter::current() != LevelFilter::OFF
}

/// Writes the line of a request whose caller does not wait for the response, should it be dropped.
pub(super) struct Abandoned<'a>(Option<(&'a Seen, &'a str, Instant)>);

/// What proxies log for a client that has gone; nobody gets it as a response.
const CLIENT_CLOSED_REQUEST: u16 = 499;

impl<'a> Abandoned<'a> {
    pub(super) fn unless_done(seen: &'a Seen, function: &'a str, arrived: Instant) -> Self {
        Self(Some((seen, function, arrived)))
    }

    /// There is an outcome.
    pub(super) fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        let Some((seen, function, arrived)) = self.0 else {
            return;
        };
        let message = "the caller went away, or the connection was cut";
        let ending = Ending {
            duration: arrived.elapsed(),
            error: Some(Box::new(FunctionError::new(
                ErrorKind::Cancelled,
                "Runtime.Cancelled",
                message,
            ))),
            ..Ending::default()
        };
        log_line(seen, function, &ending, CLIENT_CLOSED_REQUEST, None);
    }
}

/// Logs the request: now when its response is whole, otherwise when the stream has ended.
pub(super) fn when_done(
    seen: &Seen,
    function: &str,
    ending: Ending,
    response: &mut Response<Body>,
) {
    let status = response.status().as_u16();
    if let Body::Stream(_) = response.body() {
        if let Body::Stream(stream) = std::mem::take(response.body_mut()) {
            let outgoing = Outgoing::new(stream, seen.clone(), function, ending, status);
            *response.body_mut() = Body::stream(outgoing);
        }
    } else {
        let bytes = response.body().size_hint().exact();
        log_line(seen, function, &ending, status, bytes);
    }
}

/// The line itself. Every request ends here.
pub(super) fn log_line(
    seen: &Seen,
    function: &str,
    ending: &Ending,
    status: u16,
    response_bytes: Option<u64>,
) {
    if let Some(refusal) = &ending.refusal {
        observe::refused(&RefusedLine {
            request_id: seen.id.as_str(),
            function,
            status,
            refusal,
        });
        return;
    }
    let target = seen.target.as_ref();
    observe::invocation(&InvocationLine {
        request_id: &seen.id,
        function,
        method: target.map(|(method, _)| method),
        path: target.map(|(_, path)| path.as_ref().map_or("", PathAndQuery::path)),
        status,
        duration: ending.duration,
        cold_start: ending.cold_start,
        response_bytes,
        error: ending.error.as_deref(),
    });
}
