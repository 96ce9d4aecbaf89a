//! What can be chosen about logs.

use std::ffi::OsStr;
use std::io::IsTerminal;
use std::path::PathBuf;

use tracing_subscriber::filter::Targets;

/// All that [`init`](super::init) has to know.
#[derive(Debug, Clone)]
pub struct LogPlan {
    /// How lines look on stderr. Syslog and the journal have formats of their own.
    pub format: LogFormat,
    /// Which events become lines; see [`parse_filter`](super::parse_filter).
    pub filter: Targets,
    /// Where lines go.
    pub to: LogTo,
    /// Colours in text on stderr; see [`colour_for_stderr`].
    pub colour: bool,
}

/// How a line looks on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// `2026-11-21T02:04:16.123Z  INFO shim::http: message key=value`, for people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl LogFormat {
    /// Text when stderr is a terminal, JSON otherwise.
    pub fn default_for_stderr() -> Self {
        if std::io::stderr().is_terminal() {
            Self::Text
        } else {
            Self::Json
        }
    }
}

/// Whether text on stderr should have colours: only on a terminal, and not when the variable
/// `NO_COLOR`, whose value the caller passes, is set to anything but the empty string.
pub fn colour_for_stderr(no_color: Option<&OsStr>) -> bool {
    no_color.is_none_or(OsStr::is_empty) && std::io::stderr().is_terminal()
}

/// Where lines go: one place, not several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTo {
    /// The process's standard error.
    Stderr,
    /// The system log, one datagram a line as `syslog(3)` sends it, at most 8 KiB each. Needs the cargo feature
    /// `syslog`.
    Syslog {
        /// The daemon's socket.
        socket: PathBuf,
    },
    /// systemd's journal, with every field of an event as a field of its own.
    Journald {
        /// The daemon's socket.
        socket: PathBuf,
    },
}

impl LogTo {
    /// The system log at its usual place, `/dev/log`.
    pub fn syslog() -> Self {
        Self::Syslog {
            socket: PathBuf::from("/dev/log"),
        }
    }

    /// The journal at its usual place, `/run/systemd/journal/socket`.
    pub fn journald() -> Self {
        Self::Journald {
            socket: PathBuf::from("/run/systemd/journal/socket"),
        }
    }
}
