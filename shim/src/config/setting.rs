//! The settings of `shim serve`: one table for flags, variables, file and documentation.

/// One thing that can be set, under one word everywhere: `--max-body`, `SHIM_MAX_BODY`, `max_body`.
#[derive(Debug)]
pub struct Setting {
    /// The flag, without its dashes.
    pub flag: &'static str,
    /// The flag's short form.
    pub short: Option<char>,
    /// What stands for the value in the help.
    pub value: &'static str,
    /// The values there are, if they can be listed.
    pub choices: &'static [&'static str],
    /// May be given several times.
    pub many: bool,
    /// The heading in the help.
    pub heading: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// What is taken when it is not given, as the help shows it.
    pub default: &'static str,
}

impl Setting {
    /// The variable: `SHIM_MAX_BODY`.
    pub fn variable(&self) -> String {
        format!("SHIM_{}", self.flag.replace('-', "_").to_uppercase())
    }

    /// The key in `shim.toml`: `max_body`.
    pub fn key(&self) -> String {
        self.flag.replace('-', "_")
    }
}

const FUNCTION: &str = "Function";
const LISTEN: &str = "Listening";
const LIMITS: &str = "Limits";
const LOGS: &str = "Logs";

const BASE: Setting = Setting {
    flag: "",
    short: None,
    value: "VALUE",
    choices: &[],
    many: false,
    heading: FUNCTION,
    help: "",
    default: "",
};

/// All of them.
pub const SETTINGS: &[Setting] = &[
    Setting {
        flag: "plugin",
        value: "[NAME=]PATH[#HANDLER]",
        help: "The plugin to serve, the name to serve it under, and the handler in it",
        ..BASE
    },
    Setting {
        flag: "handler",
        value: "NAME",
        help: "The handler to serve, if the plugin has several",
        default: "the only one, or the one named \"handler\"",
        ..BASE
    },
    Setting {
        flag: "env",
        value: "NAME=VALUE",
        many: true,
        help: "A setting of the function, read with ctx.var(\"NAME\"); may be repeated",
        ..BASE
    },
    Setting {
        flag: "timeout",
        value: "DURATION",
        help: "How long an invocation may take: 500ms, 3s, 2m, or none",
        default: "none",
        ..BASE
    },
    Setting {
        flag: "concurrency",
        value: "N",
        help: "How many invocations run at once, and so how many instances there are; or none",
        default: "1000 for a handler with instances, none for one without",
        ..BASE
    },
    Setting {
        flag: "queue",
        value: "N",
        help: "How many invocations may wait for a place; more are refused with 429",
        default: "1000",
        ..BASE
    },
    Setting {
        flag: "idle-timeout",
        value: "DURATION",
        help: "How long an instance that nobody needs is kept",
        default: "60s",
        ..BASE
    },
    Setting {
        flag: "placement",
        value: "POLICY",
        choices: &["adaptive", "inline", "spawned"],
        help: "Where handlers run: by what they were seen to do, always on the thread that read the \
               request, or always on the plugin's own threads",
        default: "adaptive",
        ..BASE
    },
    Setting {
        flag: "host",
        value: "ADDRESS",
        heading: LISTEN,
        help: "The address to listen on",
        default: "127.0.0.1; 0.0.0.0 if the variable PORT is set",
        ..BASE
    },
    Setting {
        flag: "port",
        short: Some('p'),
        value: "PORT",
        heading: LISTEN,
        help: "The port to listen on; 0: any free one",
        default: "the variable PORT, or 8080",
        ..BASE
    },
    Setting {
        flag: "admin",
        value: "ADDRESS:PORT",
        heading: LISTEN,
        help: "Where to answer /live and /ready",
        default: "nowhere",
        ..BASE
    },
    Setting {
        flag: "threads",
        value: "N",
        heading: LISTEN,
        help: "Threads that serve connections; the plugin has as many of its own",
        default: "the number of cores",
        ..BASE
    },
    Setting {
        flag: "grace",
        value: "DURATION",
        heading: LISTEN,
        help: "How long requests in flight may take to finish at shutdown",
        default: "25s",
        ..BASE
    },
    Setting {
        flag: "max-body",
        value: "SIZE",
        heading: LIMITS,
        help: "The largest request body: bytes, or with KiB, MiB, GiB; more is refused with 413",
        default: "6MiB",
        ..BASE
    },
    Setting {
        flag: "max-connections",
        value: "N",
        heading: LIMITS,
        help: "How many connections are open at once; further ones wait",
        default: "10000",
        ..BASE
    },
    Setting {
        flag: "header-timeout",
        value: "DURATION",
        heading: LIMITS,
        help: "How long a client may take to send the head of a request",
        default: "30s",
        ..BASE
    },
    Setting {
        flag: "body-timeout",
        value: "DURATION",
        heading: LIMITS,
        help: "How long a client may pause while it sends a body",
        default: "30s",
        ..BASE
    },
    Setting {
        flag: "write-timeout",
        value: "DURATION",
        heading: LIMITS,
        help: "How long a client may pause while it reads a response",
        default: "30s",
        ..BASE
    },
    Setting {
        flag: "keep-alive",
        value: "DURATION",
        heading: LIMITS,
        help: "How long an idle connection is kept open",
        default: "75s",
        ..BASE
    },
    Setting {
        flag: "log-level",
        value: "FILTER",
        heading: LOGS,
        help: "What is logged: a level, or targets with levels (info,my_plugin=debug)",
        default: "the variable RUST_LOG, or info",
        ..BASE
    },
    Setting {
        flag: "log-format",
        value: "FORMAT",
        choices: &["text", "json"],
        heading: LOGS,
        help: "How log lines on stderr look",
        default: "text on a terminal, json otherwise",
        ..BASE
    },
    Setting {
        flag: "log-to",
        value: "WHERE",
        choices: &["stderr", "syslog", "journald"],
        heading: LOGS,
        help: "Where log lines go",
        default: "stderr",
        ..BASE
    },
];

/// The setting with this flag or key.
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS
        .iter()
        .find(|setting| setting.flag == name || setting.key() == name)
}
