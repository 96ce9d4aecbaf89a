//! How an invocation can fail: by the function's doing, or because it was not even tried.

use std::time::Duration;

/// The largest response that is not streamed, in bytes: Lambda's 6 MiB and 100 bytes.
pub const MAX_RESPONSE: usize = 6_291_556;

/// The function ran, or tried to, and failed. Callers see it as the function's own error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// Whose doing it was.
    pub kind: ErrorKind,
    /// The type name that callers see (`errorType` on Lambda): the author's choice for a handler's
    /// error, a fixed word such as `Runtime.Panic` otherwise.
    pub name: String,
    /// The message that callers see (`errorMessage`).
    pub message: String,
    /// `file:line:column` of a panic.
    pub location: Option<String>,
    /// One entry a frame, innermost first; empty unless there is one.
    pub stack_trace: Vec<String>,
}

impl FunctionError {
    /// An error of `kind` with nothing but its name and message.
    pub fn new(kind: ErrorKind, name: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            message: message.into(),
            location: None,
            stack_trace: Vec::new(),
        }
    }

    /// The invocation's deadline passed after `limit`.
    pub fn timed_out(limit: Duration) -> Self {
        let message = format!("Task timed out after {:.2} seconds", limit.as_secs_f64());
        Self::new(ErrorKind::TimedOut, "Sandbox.Timedout", message)
    }

    /// The response has more than [`MAX_RESPONSE`] bytes. The words are Lambda's, whose invokers know
    /// this error.
    pub fn response_too_large() -> Self {
        let message = format!(
            "Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE} bytes)."
        );
        Self::new(ErrorKind::Handler, "Function.ResponseSizeTooLarge", message)
    }
}

/// Whose doing a [`FunctionError`] was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The handler returned an error.
    Handler,
    /// The handler panicked; its instance is gone.
    Panic,
    /// The event could not be decoded into the handler's type.
    BadEvent,
    /// The deadline passed.
    TimedOut,
    /// The invocation was cancelled (the client left, or the host stops).
    Cancelled,
    /// The plugin or the host broke their contract.
    Internal,
}

/// The invocation was not tried. Nothing of the function ran.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Concurrency and queue are both full: try again after a while.
    #[error("too many requests: all {concurrency} places are taken and {queued} invocations wait")]
    Throttled {
        /// The function's concurrency.
        concurrency: usize,
        /// How many wait already.
        queued: usize,
        /// When to try again.
        retry_after: Duration,
    },
    /// The host is shutting down.
    #[error("shutting down")]
    ShuttingDown,
}
