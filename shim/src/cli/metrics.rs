//! The figures of the event queue, as metrics.

use std::sync::Arc;

use crate::events::{Events, Functions, Stats};
use crate::observe::metrics::{Gauge, Metrics};

type Figure = fn(&Stats) -> f64;

const GAUGES: [(Gauge, Figure); 6] = [
    (
        Gauge {
            name: "shim_async_events_queued",
            help: "Asynchronous events that are accepted and not finished.",
        },
        |stats| stats.queued as f64,
    ),
    (
        Gauge {
            name: "shim_async_events_oldest_age_seconds",
            help: "The age of the oldest asynchronous event that is not finished (AsyncEventAge).",
        },
        |stats| stats.oldest.as_secs_f64(),
    ),
    (
        Gauge {
            name: "shim_async_events_received",
            help: "Asynchronous events accepted since the start (AsyncEventsReceived).",
        },
        |stats| stats.accepted as f64,
    ),
    (
        Gauge {
            name: "shim_async_events_refused",
            help: "Asynchronous events refused since the start: the queue was full.",
        },
        |stats| stats.refused as f64,
    ),
    (
        Gauge {
            name: "shim_async_events_dropped",
            help: "Asynchronous events given up since the start (AsyncEventsDropped).",
        },
        |stats| stats.dropped as f64,
    ),
    (
        Gauge {
            name: "shim_destination_delivery_failures",
            help: "Records that a destination did not take (DestinationDeliveryFailures).",
        },
        |stats| stats.delivery_failures as f64,
    ),
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
