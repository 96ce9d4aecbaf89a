//! Where it listens, with what, and how it ends.

use super::{PROCESS, Setting};

const LISTEN: &str = "Listening";

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        flag: "host",
        value: "ADDRESS",
        heading: LISTEN,
        help: "The address to listen on",
        default: "127.0.0.1; 0.0.0.0 if the variable PORT is set",
        ..PROCESS
    },
    Setting {
        flag: "port",
        short: Some('p'),
        value: "PORT",
        heading: LISTEN,
        help: "The port to listen on; 0: any free one",
        default: "the variable PORT, or 8080",
        ..PROCESS
    },
    Setting {
        flag: "tls-cert",
        value: "FILE",
        heading: LISTEN,
        help: "Serve over TLS, with the certificate chain in this PEM file",
        ..PROCESS
    },
    Setting {
        flag: "tls-key",
        value: "FILE",
        heading: LISTEN,
        help: "The private key of the certificate, in PEM",
        ..PROCESS
    },
    Setting {
        flag: "health-path",
        value: "PATH",
        heading: LISTEN,
        help: "Answer GET of this path with 200 on the main port while functions are ready",
        default: "none: all paths are the functions'",
        ..PROCESS
    },
    Setting {
        flag: "admin",
        value: "ADDRESS:PORT",
        heading: LISTEN,
        help: "Where to answer /live, /ready and /metrics",
        default: "nowhere",
        ..PROCESS
    },
    Setting {
        flag: "threads",
        value: "N",
        heading: LISTEN,
        help: "Threads that serve connections; the plugin has as many of its own",
        default: "the number of cores",
        ..PROCESS
    },
    Setting {
        flag: "grace",
        value: "DURATION",
        heading: LISTEN,
        help: "How long requests in flight may take to finish at shutdown",
        default: "25s",
        ..PROCESS
    },
];
