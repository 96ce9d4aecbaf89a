//! The figures of the event queue, as metrics.

use std::sync::Arc;

use crate::events::{Events, Functions};
use crate::observe::metrics::{ASYNC_EVENT_AGE, Gauge, Metrics};

const QUEUED: Gauge = Gauge {
    name: "shim_async_events_queued",
    help: "Asynchronous events that are accepted and not finished.",
};

const REFUSED: Gauge = Gauge {
    name: "shim_async_events_refused",
    help: "Asynchronous events refused since the start, because the queue was full.",
};

/// Tells what is queued whenever `metrics` are asked for.
pub(super) fn of_events<F: Functions>(metrics: &Metrics, events: &Arc<Events<F>>) {
    let queued = events.clone();
    metrics.gauge_fn(QUEUED, move |writer| {
        writer.gauge(&[], queued.stats().queued as f64);
    });
    let refused = events.clone();
    metrics.gauge_fn(REFUSED, move |writer| {
        writer.gauge(&[], refused.stats().refused as f64);
    });
    let ages = events.clone();
    metrics.gauge_fn(ASYNC_EVENT_AGE, move |writer| {
        for (name, version, age) in ages.ages() {
            writer.gauge(
                &[("function", &name), ("version", &version)],
                age.as_secs_f64(),
            );
        }
    });
}
