//! The line that each invocation leaves.

use std::time::Duration;

use http::Method;
use tracing::level_filters::LevelFilter;
use tracing::{Level, enabled, error, info};

use super::logs;
use crate::invocation::{FunctionError, RequestId};

/// The target of invocation lines, and of refusals.
pub(super) const TARGET: &str = "shim::invocation";

/// What there is to say about an invocation that ran.
#[derive(Debug, Clone, Copy)]
pub struct InvocationLine<'a> {
    /// Its request id.
    pub request_id: &'a RequestId,
    /// The function's name.
    pub function: &'a str,
    /// The HTTP method, for a web handler.
    pub method: Option<&'a Method>,
    /// The request's path, for a web handler.
    pub path: Option<&'a str>,
    /// The HTTP status of the answer.
    pub status: u16,
    /// How long it took.
    pub duration: Duration,
    /// It had to wait for a new instance.
    pub cold_start: bool,
    /// The length of the answer, where it is known.
    pub response_bytes: Option<u64>,
    /// The function's error, if it failed.
    pub error: Option<&'a FunctionError>,
}

/// Logs one invocation, target `shim::invocation`: at `INFO` with the message `invocation`; at
/// `ERROR` with the error's name and message as the message, its name again as `error_type` for those
/// who count, its location and its stack trace when it failed.
///
/// Never blocks; costs next to nothing where the level is off.
pub fn invocation(line: &InvocationLine<'_>) {
    let Some(error) = line.error else {
        // Otherwise it is an event like any other: the same line, by a longer way.
        if LevelFilter::current() >= Level::INFO && logs::invocation(line) {
            return;
        }
        info!(
            target: TARGET,
            message = "invocation",
            request_id = line.request_id.as_str(),
            function = line.function,
            method = line.method.map(Method::as_str),
            path = line.path,
            status = line.status,
            duration_ms = millis(line.duration),
            cold_start = line.cold_start,
            response_bytes = line.response_bytes,
        );
        return;
    };
    if !enabled!(target: TARGET, Level::ERROR) {
        return;
    }
    let trace = Some(error.stack_trace.join("\n")).filter(|trace| !trace.is_empty());
    error!(
        target: TARGET,
        request_id = line.request_id.as_str(),
        function = line.function,
        method = line.method.map(Method::as_str),
        path = line.path,
        status = line.status,
        duration_ms = millis(line.duration),
        cold_start = line.cold_start,
        response_bytes = line.response_bytes,
        error_type = error.name,
        location = error.location,
        stack_trace = trace,
        "{}: {}",
        error.name,
        error.message,
    );
}

/// Milliseconds with three decimals: a division by a thousand gives the number nearest to them,
/// which prints with no more.
fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;
    use std::time::Duration;

    use http::Method;
    use tracing_subscriber::filter::Targets;

    use super::super::logs::testing::{json, json_under, text};
    use super::{InvocationLine, invocation};
    use crate::invocation::{ErrorKind, FunctionError, RequestId};

    static ID: LazyLock<RequestId> =
        LazyLock::new(|| RequestId::parse("11111111-2222-4333-8444-555555555555").unwrap());

    fn line() -> InvocationLine<'static> {
        InvocationLine {
            request_id: &ID,
            function: "orders.create",
            method: Some(&Method::POST),
            path: Some("/orders"),
            status: 201,
            duration: Duration::from_nanos(1_234_567),
            cold_start: false,
            response_bytes: Some(12),
            error: None,
        }
    }

    #[test]
    fn an_invocation_is_one_info_line() {
        let got = &json(|| invocation(&line()))[0];
        assert_eq!(got["level"], "INFO");
        assert_eq!(got["target"], "shim::invocation");
        assert_eq!(got["message"], "invocation");
        assert_eq!(got["requestId"], "11111111-2222-4333-8444-555555555555");
        assert_eq!(got["status"], 201);
        assert_eq!(got["duration_ms"], 1.234);
        assert_eq!(got["cold_start"], false);

        let event = InvocationLine {
            method: None,
            path: None,
            response_bytes: None,
            ..line()
        };
        assert_eq!(
            text(|| invocation(&event)),
            [
                " INFO shim::invocation: invocation function=orders.create status=201 \
              duration_ms=1.234 cold_start=false request_id=11111111-2222-4333-8444-555555555555"
            ]
        );
    }

    #[test]
    fn a_failed_one_is_an_error_with_all_that_is_known() {
        let error = FunctionError {
            location: Some("src/lib.rs:7:5".to_owned()),
            stack_trace: vec!["a".to_owned(), "b".to_owned()],
            ..FunctionError::new(ErrorKind::Panic, "Runtime.Panic", "boom")
        };
        let error = Some(&error);
        let got = &json(|| invocation(&InvocationLine { error, ..line() }))[0];
        assert_eq!(got["level"], "ERROR");
        assert_eq!(got["message"], "Runtime.Panic: boom");
        assert_eq!(got["error_type"], "Runtime.Panic");
        assert_eq!(got.get("error_message"), None);
        assert_eq!(got["location"], "src/lib.rs:7:5");
        assert_eq!(got["stack_trace"], "a\nb");

        let lines = text(|| invocation(&InvocationLine { error, ..line() })).concat();
        assert_eq!(lines.matches("boom").count(), 1, "{lines}");
    }

    #[test]
    fn a_filter_can_keep_the_failed_ones_only() {
        let error = FunctionError::new(ErrorKind::Handler, "NotFound", "no such order");
        let filter = Targets::new().with_target("shim::invocation", tracing::Level::ERROR);
        let got = json_under(filter, || {
            invocation(&line());
            let error = Some(&error);
            invocation(&InvocationLine { error, ..line() });
        });
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].get("stack_trace"), None);
    }
}
