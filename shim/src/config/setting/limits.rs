//! Limits of connections and requests.

use super::{PROCESS, Setting};

const LIMITS: &str = "Limits";

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        flag: "max-body",
        value: "SIZE",
        heading: LIMITS,
        help: "The largest request body: bytes, or with KiB, MiB, GiB; more is refused with 413",
        default: "6MiB",
        ..PROCESS
    },
    Setting {
        flag: "max-connections",
        value: "N",
        heading: LIMITS,
        help: "How many connections are open at once; further ones wait",
        default: "10000",
        ..PROCESS
    },
    Setting {
        flag: "header-timeout",
        value: "DURATION",
        heading: LIMITS,
        help: "How long a client may take to send the head of a request",
        default: "30s",
        ..PROCESS
    },
    Setting {
        flag: "body-timeout",
        value: "DURATION",
        heading: LIMITS,
        help: "How long a client may pause while it sends a body",
        default: "30s",
        ..PROCESS
    },
    Setting {
        flag: "write-timeout",
        value: "DURATION",
        heading: LIMITS,
        help: "How long a client may pause while it reads a response",
        default: "30s",
        ..PROCESS
    },
    Setting {
        flag: "keep-alive",
        value: "DURATION",
        heading: LIMITS,
        help: "How long an idle connection is kept open",
        default: "75s",
        ..PROCESS
    },
];
