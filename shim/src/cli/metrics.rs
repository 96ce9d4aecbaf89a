//! The figures of the event queue, as metrics.

use std::sync::Arc;

use crate::events::{Events, Functions};
use crate::observe::metrics::{
    ASYNC_EVENT_AGE, ASYNC_EVENTS_QUEUED, ASYNC_EVENTS_REFUSED, Metrics,
};

/// Tells what is queued whenever `metrics` are asked for.
pub(super) fn of_events<F: Functions>(metrics: &Metrics, events: &Arc<Events<F>>) {
    let queued = events.clone();
    metrics.gauge_fn(ASYNC_EVENTS_QUEUED, move |writer| {
        writer.gauge(&[], queued.stats().queued as f64);
    });
    let refused = events.clone();
    metrics.gauge_fn(ASYNC_EVENTS_REFUSED, move |writer| {
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
