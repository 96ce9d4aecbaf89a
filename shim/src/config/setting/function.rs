//! What is served, and how each function runs.

use super::{BASE, PROCESS, Setting, TABLE};

pub(super) const SETTINGS: &[Setting] = &[
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
];
