//! The Invoke API.

use super::{PROCESS, Setting};

const INVOKE: &str = "Invoke API";

pub(super) const SETTINGS: &[Setting] = &[
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
];
