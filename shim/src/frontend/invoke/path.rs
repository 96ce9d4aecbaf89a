//! Which operation a path asks for, of which function.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

/// An operation that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// `Invoke`
    Invoke,
    /// `InvokeWithResponseStream`
    Stream,
    /// `InvokeAsync`, deprecated
    Async,
}

impl Operation {
    /// The name that stands in Lambda's messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Invoke => "InvokeFunction",
            Self::Stream => "InvokeWithResponseStream",
            Self::Async => "InvokeAsync",
        }
    }
}

/// What a path of the API came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    /// An operation of a function, whose name is decoded.
    Call(Operation, Cow<'a, str>),
    /// The name is not UTF-8 once it is decoded.
    BadEncoding,
    /// Nothing that is served.
    Unknown,
}

/// The versions of the API under whose paths nothing else is served.
const VERSIONS: [&str; 3] = ["/2015-03-31/", "/2021-11-15/", "/2014-11-13/"];

/// Where else operations of the API have their paths. None of them is served; callers are told so in the
/// way that they understand.
const OTHERS: [&str; 17] = [
    "/2016-08-19/account-settings",
    "/2017-03-31/tags/",
    "/2017-10-31/functions/",
    "/2018-10-31/layers",
    "/2019-09-25/functions/",
    "/2019-09-30/functions/",
    "/2020-04-22/code-signing-configs",
    "/2020-06-30/functions/",
    "/2021-07-20/functions/",
    "/2021-10-31/functions/",
    "/2024-08-31/functions/",
    "/2025-11-30/capacity-providers",
    "/2025-11-30/functions/",
    "/2025-12-01/durable-execution-callbacks/",
    "/2025-12-01/durable-executions/",
    "/2025-12-01/functions/",
    "/2026-07-09/resource-policy/",
];

/// The part of `path` behind `base`, if it belongs to the API.
pub(super) fn api_path<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    // A comparison of no bytes costs more than many do, where the library masks what it reads: the
    // place of none may be one that cannot be read.
    let path = match base {
        "" => path,
        base => path.strip_prefix(base)?,
    };
    // All of them begin so, hardly anything else does.
    let ours = path.starts_with("/20")
        && VERSIONS
            .iter()
            .chain(&OTHERS)
            .any(|begin| path.starts_with(begin));
    ours.then_some(path)
}

/// What stands before and behind a function's name.
const PATHS: [(&str, &str, Operation); 3] = [
    ("/2015-03-31/functions/", "/invocations", Operation::Invoke),
    (
        "/2021-11-15/functions/",
        "/response-streaming-invocations",
        Operation::Stream,
    ),
    ("/2014-11-13/functions/", "/invoke-async", Operation::Async),
];

/// Reads a path from [`api_path`]. The function's name is decoded after the path was split, since it
/// may hold an encoded `/`; a slash at the end does no harm, older clients send one.
pub(super) fn read<'a>(method: &Method, path: &'a str) -> Asked<'a> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let found = PATHS.iter().find_map(|(before, behind, operation)| {
        let name = path.strip_prefix(before)?.strip_suffix(behind)?;
        (!name.contains('/')).then_some((*operation, name))
    });
    let Some((operation, name)) = found else {
        return Asked::Unknown;
    };
    if *method != Method::POST {
        return Asked::Unknown;
    }
    if !name.contains('%') {
        return Asked::Call(operation, Cow::Borrowed(name));
    }
    match percent_decode_str(name).decode_utf8() {
        Ok(name) => Asked::Call(operation, name),
        Err(_) => Asked::BadEncoding,
    }
}

/// The value of `Qualifier` in a query.
pub(super) fn qualifier(query: Option<&str>) -> Option<String> {
    let pairs = form_urlencoded::parse(query?.as_bytes());
    let mut found = pairs.filter(|(name, _)| name == "Qualifier");
    found.next().map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str) -> Asked<'_> {
        read(&Method::POST, api_path(path, "").unwrap())
    }

    #[test]
    fn operations_are_known_by_their_paths() {
        for (path, operation) in [
            ("/2015-03-31/functions/f/invocations", Operation::Invoke),
            (
                "/2021-11-15/functions/f/response-streaming-invocations",
                Operation::Stream,
            ),
            ("/2014-11-13/functions/f/invoke-async", Operation::Async),
        ] {
            assert_eq!(asked(path), Asked::Call(operation, "f".into()));
            let slash = format!("{path}/");
            assert_eq!(asked(&slash), Asked::Call(operation, "f".into()));
            assert_eq!(read(&Method::GET, path), Asked::Unknown);
        }
        for path in [
            "/2015-03-31/functions",
            "/2015-03-31/functions/f",
            "/2015-03-31/functions/a/b/invocations",
            "/2015-03-31/functions/invocations",
            "/2021-11-15/functions/f/invocations",
            "/2024-08-31/functions/f/recursion-config",
            "/2025-12-01/durable-executions/x/stop",
        ] {
            assert!(api_path(path, "").is_some(), "{path}");
            assert_eq!(asked(path), Asked::Unknown, "{path}");
        }
    }

    #[test]
    fn names_are_decoded_after_the_path_was_split() {
        let name = |segment: &str| {
            let path = format!("/2015-03-31/functions/{segment}/invocations");
            match asked(&path) {
                Asked::Call(_, name) => name.into_owned(),
                other => format!("{other:?}"),
            }
        };
        assert_eq!(name("my-fn%3Av1"), "my-fn:v1");
        assert_eq!(name("my-fn:v1"), "my-fn:v1");
        assert_eq!(name("a%2Fb"), "a/b");
        assert_eq!(name("%24LATEST"), "$LATEST");
        assert_eq!(name("%ff"), "BadEncoding");
        assert_eq!(name("%zz"), "%zz");
    }

    #[test]
    fn a_base_path_stands_before() {
        let path = "/base/path/2015-03-31/functions/f/invocations";
        assert!(api_path(path, "/base/path").is_some());
        assert_eq!(api_path(path, ""), None);
        assert_eq!(api_path("/2015-03-31", ""), None);
        assert_eq!(api_path("/hello", ""), None);
        assert_eq!(api_path("/2019-09-30/notes", ""), None);
        assert!(api_path("/2019-09-30/functions/f/concurrency", "").is_some());
    }

    #[test]
    fn the_qualifier_is_decoded() {
        assert_eq!(
            qualifier(Some("Qualifier=%24LATEST")).as_deref(),
            Some("$LATEST")
        );
        assert_eq!(
            qualifier(Some("a=b&Qualifier=1&Qualifier=2")).as_deref(),
            Some("1")
        );
        assert_eq!(qualifier(Some("qualifier=1")), None);
        assert_eq!(qualifier(None), None);
    }
}
