//! The lines that the platform itself writes about an invocation, as AWS Lambda has them: tools
//! read them.

use std::fmt::Write;
use std::time::Duration;

use crate::invocation::{ErrorKind, FunctionError};
use crate::observe::logs;

/// The first line: `START RequestId: <id> Version: <version>`; `version` is a number or `$LATEST`.
pub fn start_line(request_id: &str, version: &str) -> String {
    format!("START RequestId: {request_id} Version: {version}")
}

/// The line after the function's last: `END RequestId: <id>`.
pub fn end_line(request_id: &str) -> String {
    format!("END RequestId: {request_id}")
}

/// What a report tells. What is not known is left out.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The invocation's request id.
    pub request_id: &'a str,
    /// How long the handler took.
    pub duration: Duration,
    /// The function's memory size, in MB.
    pub memory_mb: Option<u32>,
    /// The most memory that was used, in MB: on Lambda by its sandbox, here by the process.
    pub max_memory_used_mb: Option<u64>,
    /// How long the start of its instance took, on a cold start.
    pub init_duration: Option<Duration>,
    /// What came of it.
    pub status: ReportStatus<'a>,
}

/// What a [`Report`] says came of the invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportStatus<'a> {
    /// The handler answered, if with an error of its own: the report says nothing of it.
    Success,
    /// The deadline passed.
    Timeout,
    /// The instance did not survive it.
    Error {
        /// The name of the error, such as `Runtime.ExitError`.
        error_type: &'a str,
    },
}

impl<'a> ReportStatus<'a> {
    /// What to say of a result.
    pub fn of(error: Option<&'a FunctionError>) -> Self {
        match error {
            None => Self::Success,
            Some(error) => match error.kind {
                ErrorKind::Handler | ErrorKind::BadEvent => Self::Success,
                ErrorKind::TimedOut => Self::Timeout,
                ErrorKind::Panic | ErrorKind::Cancelled | ErrorKind::Internal => Self::Error {
                    error_type: &error.name,
                },
            },
        }
    }
}

/// The last line: `REPORT RequestId: <id>`, then parts that each follow a tab. Times in
/// milliseconds with two decimals; what would be billed is rounded up to the next whole one.
pub fn report_line(report: &Report<'_>) -> String {
    let mut line = format!("REPORT RequestId: {}\t", report.request_id);
    // Writing to a `String` cannot fail.
    let _ = write!(
        line,
        "Duration: {:.2} ms\tBilled Duration: {} ms\t",
        millis(report.duration),
        billed_millis(report.duration),
    );
    if let Some(size) = report.memory_mb {
        let _ = write!(line, "Memory Size: {size} MB\t");
    }
    if let Some(used) = report.max_memory_used_mb {
        let _ = write!(line, "Max Memory Used: {used} MB\t");
    }
    if let Some(init) = report.init_duration {
        let _ = write!(line, "Init Duration: {:.2} ms\t", millis(init));
    }
    match report.status {
        ReportStatus::Success => {}
        ReportStatus::Timeout => line.push_str("Status: timeout"),
        ReportStatus::Error { error_type } => {
            // A plugin's author may have chosen it: it must not look like another part.
            let error_type = error_type.replace('\t', " ");
            let _ = write!(line, "Status: error\tError Type: {error_type}");
        }
    }
    line
}

/// The line after the report when the invocation is traced: `XRAY TraceId: <root>`, `SegmentId:
/// <parent>` if there is one, `Sampled: true`, each with a tab behind it. `header` is the trace
/// header (`Root=…;Parent=…;Sampled=1`); `None` unless it says that the trace is sampled.
pub fn xray_line(header: &str) -> Option<String> {
    let field = |wanted: &str| {
        let mut pairs = header.split(';').filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    };
    if field("Sampled") != Some("1") {
        return None;
    }
    let mut line = format!("XRAY TraceId: {}\t", field("Root")?);
    if let Some(parent) = field("Parent") {
        // Writing to a `String` cannot fail.
        let _ = write!(line, "SegmentId: {parent}\t");
    }
    line.push_str("Sampled: true\t");
    Some(line)
}

/// What there is to say of a function's error, with the time: `<time> <id> Task timed out after
/// 3.00 seconds` when its deadline passed, `<time> ERROR <name>: <message>` otherwise. Its stack
/// trace, if it should be told, takes a line for each frame.
pub fn error_line(request_id: &str, error: &FunctionError) -> String {
    let time = logs::timestamp();
    match error.kind {
        ErrorKind::TimedOut => format!("{time} {request_id} {}", error.message),
        _ => format!("{time} ERROR {}: {}", error.name, error.message),
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Whole milliseconds, rounded up: at least one.
fn billed_millis(duration: Duration) -> u128 {
    duration.as_nanos().div_ceil(1_000_000).max(1)
}
