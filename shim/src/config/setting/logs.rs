//! What is logged, how, and where to.

use super::{PROCESS, Setting};

const LOGS: &str = "Logs";

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        flag: "log-level",
        value: "FILTER",
        heading: LOGS,
        help: "What is logged: a level, or targets with levels (info,my_plugin=debug)",
        default: "the variable RUST_LOG, or info",
        ..PROCESS
    },
    Setting {
        flag: "log-format",
        value: "FORMAT",
        choices: &["text", "json"],
        heading: LOGS,
        help: "How log lines on stderr look",
        default: "text on a terminal, json otherwise",
        ..PROCESS
    },
    Setting {
        flag: "log-to",
        value: "WHERE",
        choices: &["stderr", "syslog", "journald"],
        heading: LOGS,
        help: "Where log lines go",
        default: "stderr",
        ..PROCESS
    },
];
