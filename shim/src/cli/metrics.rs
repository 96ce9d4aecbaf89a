//! The figures of the event queue, as metrics.

use std::sync::Arc;

use crate::events::{Events, Functions, Stats};
use crate::observe::metrics::{
    ASYNC_EVENTS_OLDEST_AGE, ASYNC_EVENTS_QUEUED, ASYNC_EVENTS_REFUSED, Gauge, Metrics,
};

type Figure = fn(&Stats) -> f64;

const GAUGES: [(Gauge, Figure); 3] = [
    (ASYNC_EVENTS_QUEUED, |stats| stats.queued as f64),
    (ASYNC_EVENTS_OLDEST_AGE, |stats| stats.oldest.as_secs_f64()),
    (ASYNC_EVENTS_REFUSED, |stats| stats.refused as f64),
];

/// Tells what `events` counts whenever `metrics` are asked for.
pub(super) fn of_events<F: Functions>(metrics: &Metrics, events: &Arc<Events<F>>) {
    for (gauge, figure) in GAUGES {
        let events = events.clone();
        metrics.gauge_fn(gauge, move |writer| {
            writer.gauge(&[], figure(&events.stats()));
        });
    }
}
