//! What is logged of a function that fails. Of one that does not, Lambda logs what there is to say.

use crate::invocation::{FunctionError, RequestId};

/// The target of these lines.
const TARGET: &str = "shim::bootstrap";

/// An invocation failed, or its stream did.
pub(super) fn failed(request_id: &RequestId, error: &FunctionError) {
    tracing::error!(
        target: TARGET,
        request_id = request_id.as_str(),
        error_type = error.name,
        location = error.location,
        stack_trace = stack_trace(error),
        "{}: {}",
        error.name,
        error.message
    );
}

/// A phase before or after invocations failed: `init`, `start`.
pub(super) fn phase_failed(phase: &str, error: &FunctionError) {
    tracing::error!(
        target: TARGET,
        error_type = error.name,
        location = error.location,
        stack_trace = stack_trace(error),
        "{phase} failed: {}: {}",
        error.name,
        error.message
    );
}

fn stack_trace(error: &FunctionError) -> Option<String> {
    Some(error.stack_trace.join("\n")).filter(|trace| !trace.is_empty())
}
