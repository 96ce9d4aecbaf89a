//! What metrics there are: names, kinds, and what they mean. `docs/metrics.md` says more.

use super::function::Totals;

/// Metrics with one name, which differ in their labels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Family {
    /// Without the suffix that its kind gives the samples.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) help: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Info,
}

/// A gauge whose values somebody else knows: see [`gauge_fn`](super::Metrics::gauge_fn).
#[derive(Debug, Clone, Copy)]
pub struct Gauge {
    /// Its name: letters, digits and `_`, with the unit at its end, and unlike all others.
    pub name: &'static str,
    /// What it means: one line.
    pub help: &'static str,
}

impl Gauge {
    pub(super) const fn family(self) -> Family {
        Family {
            name: self.name,
            kind: Kind::Gauge,
            help: self.help,
        }
    }
}

/// How long the oldest queued event waits: one value for each function and version (labels
/// `function` and `version`), in seconds, 0 when none waits.
pub const ASYNC_EVENT_AGE: Gauge = Gauge {
    name: "lambda_async_event_age_seconds",
    help: "How long the oldest queued event of the function has been waiting.",
};

/// Events that are accepted and not finished, of all functions.
pub const ASYNC_EVENTS_QUEUED: Gauge = Gauge {
    name: "shim_async_events_queued",
    help: "Asynchronous events that are accepted and not finished.",
};

/// Events refused since the start.
pub const ASYNC_EVENTS_REFUSED: Gauge = Gauge {
    name: "shim_async_events_refused",
    help: "Asynchronous events refused since the start, because the queue was full.",
};

type Value = fn(&Totals) -> u64;

/// Those that have one number for each function and version.
pub(super) const OF_FUNCTIONS: [(Family, Value); 8] = [
    (
        counter(
            "lambda_invocations",
            "Invocations that began, failed ones included, throttled ones not.",
        ),
        |totals| totals.begun,
    ),
    (
        counter(
            "lambda_errors",
            "Invocations that ended in a function error.",
        ),
        |totals| totals.failed,
    ),
    (
        counter(
            "lambda_throttles",
            "Invocations refused because concurrency and queue were full.",
        ),
        |totals| totals.throttled,
    ),
    (
        counter(
            "lambda_cold_starts",
            "Invocations that waited for a new instance.",
        ),
        |totals| totals.cold,
    ),
    (
        Gauge {
            name: "lambda_concurrent_executions",
            help: "Invocations that run now.",
        }
        .family(),
        |totals| totals.running,
    ),
    (
        counter(
            "lambda_async_events_received",
            "Events accepted for asynchronous invocation.",
        ),
        |totals| totals.async_received,
    ),
    (
        counter(
            "lambda_async_events_dropped",
            "Accepted events that were given up without a successful invocation.",
        ),
        |totals| totals.async_dropped,
    ),
    (
        counter(
            "lambda_destination_delivery_failures",
            "Records that could not be delivered to a destination or dead-letter queue.",
        ),
        |totals| totals.destination_failures,
    ),
];

pub(super) const DURATION: Family = Family {
    name: "lambda_duration_seconds",
    kind: Kind::Histogram,
    help: "How long handlers took, with the start of their instance, without the time in the queue.",
};

pub(super) const START_TIME: Family = Gauge {
    name: "process_start_time_seconds",
    help: "When the process started, in seconds since the epoch.",
}
.family();

pub(super) const CPU_SECONDS: Family = counter(
    "process_cpu_seconds",
    "CPU time that all threads of the process took, in user and system mode.",
);

pub(super) const RESIDENT_MEMORY: Family = Gauge {
    name: "process_resident_memory_bytes",
    help: "Memory of the process that is in RAM.",
}
.family();

pub(super) const OPEN_FDS: Family = Gauge {
    name: "process_open_fds",
    help: "File descriptors that the process has open.",
}
.family();

pub(super) const BUILD_INFO: Family = Family {
    name: "shim_build",
    kind: Kind::Info,
    help: "The shim's version; always 1.",
};

const fn counter(name: &'static str, help: &'static str) -> Family {
    Family {
        name,
        kind: Kind::Counter,
        help,
    }
}
