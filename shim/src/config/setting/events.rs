//! Asynchronous events.

use super::{BASE, PROCESS, Setting};

const EVENTS: &str = "Asynchronous events";

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        flag: "event-retries",
        value: "N",
        heading: EVENTS,
        help: "How often an asynchronous event that failed is tried again, 0 to 2",
        default: "2",
        ..BASE
    },
    Setting {
        flag: "event-retry-delays",
        value: "DURATION,...",
        many: true,
        heading: EVENTS,
        help: "How long to wait before each retry; the last one holds for all further ones",
        default: "1m,2m",
        ..BASE
    },
    Setting {
        flag: "event-max-age",
        value: "DURATION",
        heading: EVENTS,
        help: "How long after its arrival an event may still be tried",
        default: "6h",
        ..BASE
    },
    Setting {
        flag: "on-failure",
        value: "DESTINATION",
        heading: EVENTS,
        help: "Where the record of an event goes that failed for good: function:NAME or file:PATH",
        ..BASE
    },
    Setting {
        flag: "on-success",
        value: "DESTINATION",
        heading: EVENTS,
        help: "Where the record of an event goes that succeeded",
        ..BASE
    },
    Setting {
        flag: "event-queue",
        value: "N",
        heading: EVENTS,
        help: "How many asynchronous events may wait; more are refused with 429",
        default: "10000",
        ..PROCESS
    },
    Setting {
        flag: "spool",
        value: "FOLDER",
        heading: EVENTS,
        help: "Where events that wait at shutdown are kept until the next start",
        default: "nowhere: they are logged and lost",
        ..PROCESS
    },
];
