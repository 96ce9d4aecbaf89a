//! Requests over plain HTTP.

use super::{BASE, Setting, TABLE};

const HTTP: &str = "HTTP";

pub(super) const SETTINGS: &[Setting] = &[
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
];
