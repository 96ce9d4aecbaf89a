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
    /// What the flag alone, without a value, stands for; empty: it needs one.
    pub bare: &'static str,
    /// Where it may stand.
    pub scope: Scope,
    /// A reload reads it again; otherwise it is read at the start only.
    pub reloads: bool,
}

/// Where a setting may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere but in a function's table: it is of the whole process.
    Process,
    /// Everywhere; in `[function.NAME]` it is of that function, elsewhere of all that say nothing
    /// else.
    Function,
    /// In `[function.NAME]` only.
    Table,
}

impl Setting {
    /// The variable: `SHIM_MAX_BODY`.
    pub fn variable(&self) -> String {
        format!("SHIM_{}", self.flag.replace('-', "_").to_uppercase())
    }

    /// Whether a text may hold several values, with commas between.
    pub fn is_list(&self) -> bool {
        self.value.ends_with(",...")
    }

    /// The key in `shim.toml`: `max_body`.
    pub fn key(&self) -> String {
        self.flag.replace('-', "_")
    }
}

const FUNCTION: &str = "Function";
const HTTP: &str = "HTTP";
const EVENTS: &str = "Asynchronous events";
const INVOKE: &str = "Invoke API";
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
    bare: "",
    scope: Scope::Function,
    reloads: true,
};

/// A setting of the whole process, which is read at its start.
const PROCESS: Setting = Setting {
    scope: Scope::Process,
    reloads: false,
    ..BASE
};

/// A setting that stands in a function's table only.
const TABLE: Setting = Setting {
    scope: Scope::Table,
    ..BASE
};

/// All of them.
pub const SETTINGS: &[Setting] = &[
    Setting {
        flag: "plugin",
        value: "[NAME=]PATH[#HANDLER]",
        many: true,
        help: "A plugin to serve, the name to serve it under, and the handler in it; may be repeated",
        ..BASE
    },
    Setting {
        flag: "plugin-dir",
        value: "FOLDER",
        many: true,
        help: "Serve every handler of every plugin (.so) in a folder, as PLUGIN.HANDLER; may be repeated",
        reloads: true,
        ..PROCESS
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
        flag: "memory-mb",
        value: "MIB",
        help: "The memory that the function is told to have, in MiB",
        ..BASE
    },
    Setting {
        flag: "mock",
        value: "ANSWER",
        bare: "empty",
        help: "Answer without running the handler: empty (the empty value of its response type), \
               random (one that fits its schema), file:PATH (a fixed one)",
        ..BASE
    },
    Setting {
        flag: "version",
        value: "NUMBER",
        help: "The version that the function is",
        default: "$LATEST",
        ..TABLE
    },
    Setting {
        flag: "aliases",
        value: "NAME,...",
        many: true,
        help: "The aliases of its version",
        ..TABLE
    },
    Setting {
        flag: "routes",
        value: "ROUTE,...",
        many: true,
        heading: HTTP,
        help: "The requests that go to the function: GET /orders/{id}, ANY /files/{path+}, $default",
        ..TABLE
    },
    Setting {
        flag: "http-events",
        value: "FORMAT",
        choices: &["none", "v2"],
        heading: HTTP,
        help: "What a handler of events gets of an HTTP request: its body alone, or an event in \
               payload format 2.0, as from a function URL",
        default: "v2 for a function with routes, otherwise none",
        ..BASE
    },
    Setting {
        flag: "cors-origins",
        value: "ORIGIN,...",
        many: true,
        heading: HTTP,
        help: "The origins whose pages may call the function, or *; CORS is off without",
        ..BASE
    },
    Setting {
        flag: "cors-methods",
        value: "METHOD,...",
        many: true,
        heading: HTTP,
        help: "The methods that such pages may use, or *",
        ..BASE
    },
    Setting {
        flag: "cors-headers",
        value: "NAME,...",
        many: true,
        heading: HTTP,
        help: "The request headers that such pages may send, or *",
        ..BASE
    },
    Setting {
        flag: "cors-expose",
        value: "NAME,...",
        many: true,
        heading: HTTP,
        help: "The response headers that such pages may see, or *",
        ..BASE
    },
    Setting {
        flag: "cors-max-age",
        value: "DURATION",
        heading: HTTP,
        help: "How long a browser may remember what is allowed",
        ..BASE
    },
    Setting {
        flag: "cors-credentials",
        value: "BOOL",
        choices: &["true", "false"],
        bare: "true",
        heading: HTTP,
        help: "Whether such pages may send cookies and the like",
        default: "false",
        ..BASE
    },
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
    Setting {
        flag: "invoke-api",
        value: "BOOL",
        choices: &["true", "false"],
        bare: "true",
        heading: INVOKE,
        help: "Whether the Lambda Invoke API is served beside plain HTTP",
        default: "true",
        ..PROCESS
    },
    Setting {
        flag: "base-path",
        value: "PATH",
        heading: INVOKE,
        help: "What stands before the paths of the API",
        ..PROCESS
    },
    Setting {
        flag: "region",
        value: "REGION",
        heading: INVOKE,
        help: "The region in the functions' ARNs",
        default: "the variable AWS_REGION, or us-east-1",
        ..PROCESS
    },
    Setting {
        flag: "account",
        value: "NUMBER",
        heading: INVOKE,
        help: "The account in the functions' ARNs",
        default: "123456789012",
        ..PROCESS
    },
    Setting {
        flag: "retry-window",
        value: "DURATION",
        heading: INVOKE,
        help: "How long an answer is kept for an SDK that sends the same call again; or none: it \
               runs again",
        default: "30s",
        ..PROCESS
    },
    Setting {
        flag: "credentials",
        value: "FILE",
        heading: INVOKE,
        help: "Only requests signed with one of the keys in this file (in the form of \
               ~/.aws/credentials) are served by the API; env: with the key in AWS_ACCESS_KEY_ID \
               and AWS_SECRET_ACCESS_KEY",
        reloads: true,
        ..PROCESS
    },
    Setting {
        flag: "allow-unauthenticated",
        value: "BOOL",
        choices: &["true", "false"],
        bare: "true",
        heading: INVOKE,
        help: "Serve the API to everybody who can reach an address that is not loopback",
        default: "false",
        ..PROCESS
    },
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

/// The setting with this flag or key.
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS
        .iter()
        .find(|setting| setting.flag == name || setting.key() == name)
}
