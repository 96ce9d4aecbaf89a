//! One route: which requests it takes.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use http::Method;
use percent_encoding::percent_decode_str;

use super::{PathParameters, RouteError};

/// Which requests a function gets, by method and path.
///
/// Written `GET /hello/{name}`, `ANY /files/{path+}`, `/hello` (any method) or `$default` (all that
/// no other route takes). `{name}` stands for one segment that is not empty, `{path+}` for all
/// that is left of the path, if anything is. Letters and slashes count: `/hello` is not `/hello/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    key: String,
    /// `None`: any.
    pub(super) method: Option<Method>,
    /// `None`: `$default`.
    pub(super) segments: Option<Vec<Segment>>,
}

/// A part of a route's path, between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// This text, decoded.
    Literal(String),
    /// Any text; the name of the variable.
    Variable(String),
    /// All that is left; the name of the variable.
    Greedy(String),
}

impl Route {
    /// The route that takes everything.
    pub const DEFAULT: &'static str = "$default";

    /// `routeKey` of events: `GET /hello/{name}`, with `ANY` for any method, or `$default`.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The path parameters, if this route takes `method` and `path`.
    pub(super) fn take<'r>(
        &'r self,
        method: &Method,
        path: &Path<'_>,
    ) -> Option<PathParameters<'r>> {
        if self.method.as_ref().is_some_and(|own| own != method) {
            return None;
        }
        let mut parameters = PathParameters::new();
        let Some(segments) = &self.segments else {
            return Some(parameters);
        };
        let mut parts = path.segments.iter();
        for (at, segment) in segments.iter().enumerate() {
            let part = parts.next()?;
            match segment {
                Segment::Literal(text) if text == part => {}
                Segment::Variable(name) if !part.is_empty() => {
                    parameters.insert(name, part.clone().into_owned());
                }
                Segment::Greedy(name) => {
                    let rest = path.segments[at..].join("/");
                    parameters.insert(name, rest);
                    return (!(part.is_empty() && parts.len() == 0)).then_some(parameters);
                }
                Segment::Literal(_) | Segment::Variable(_) => return None,
            }
        }
        parts.next().is_none().then_some(parameters)
    }
}

/// A request's path, cut at its slashes and then decoded.
#[derive(Debug)]
pub(super) struct Path<'a> {
    /// Empty for what is no path (`*`).
    segments: Vec<Cow<'a, str>>,
}

impl<'a> Path<'a> {
    pub(super) fn new(raw: &'a str) -> Self {
        let segments = raw.strip_prefix('/').map(|rest| rest.split('/'));
        let segments = segments.into_iter().flatten().map(decoded).collect();
        Self { segments }
    }
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)
    }
}

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        let mut words = text.split_whitespace();
        let (method, path) = match (words.next(), words.next(), words.next()) {
            (None, ..) => return Err(RouteError::Empty),
            (Some(path), None, _) => ("ANY", path),
            (Some(method), Some(path), None) => (method, path),
            _ => {
                let route = text.to_owned();
                return Err(RouteError::TooManyWords { route });
            }
        };
        if path == Self::DEFAULT {
            if text.trim() != Self::DEFAULT {
                return Err(RouteError::DefaultWithMethod);
            }
            return Ok(Self {
                key: path.to_owned(),
                method: None,
                segments: None,
            });
        }
        Ok(Self {
            key: format!("{method} {path}"),
            method: parse_method(method)?,
            segments: Some(parse_path(path)?),
        })
    }
}

fn parse_method(word: &str) -> Result<Option<Method>, RouteError> {
    if word == "ANY" {
        return Ok(None);
    }
    let upper = word.bytes().all(|byte| !byte.is_ascii_lowercase());
    let method = Method::from_bytes(word.as_bytes()).ok();
    let method = method.filter(|_| upper).map(Some);
    method.ok_or_else(|| RouteError::Method {
        method: word.to_owned(),
    })
}

fn parse_path(path: &str) -> Result<Vec<Segment>, RouteError> {
    let owned = || path.to_owned();
    let Some(rest) = path.strip_prefix('/') else {
        return Err(RouteError::NoSlash { path: owned() });
    };
    if path.contains(['?', '#']) {
        return Err(RouteError::Query { path: owned() });
    }
    let mut segments: Vec<Segment> = Vec::new();
    for text in rest.split('/') {
        if let Some(Segment::Greedy(name)) = segments.last() {
            let segment = format!("{{{name}+}}");
            return Err(RouteError::GreedyNotLast { segment });
        }
        let segment = parse_segment(text)?;
        let name = segment.name();
        if let Some(name) = name
            && segments.iter().any(|other| other.name() == Some(name))
        {
            let (name, path) = (name.to_owned(), owned());
            return Err(RouteError::Repeated { name, path });
        }
        segments.push(segment);
    }
    Ok(segments)
}

fn parse_segment(text: &str) -> Result<Segment, RouteError> {
    let segment = || text.to_owned();
    if !text.contains(['{', '}']) {
        return Ok(Segment::Literal(decoded(text).into_owned()));
    }
    let inner = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    let Some(inner) = inner else {
        return Err(RouteError::Braces { segment: segment() });
    };
    let (name, greedy) = match inner.strip_suffix('+') {
        Some(name) => (name, true),
        None => (inner, false),
    };
    if name.is_empty() || name.contains(['{', '}', '+']) {
        return Err(RouteError::Name { segment: segment() });
    }
    let name = name.to_owned();
    Ok(if greedy {
        Segment::Greedy(name)
    } else {
        Segment::Variable(name)
    })
}

impl Segment {
    /// The name of the variable, if it is one.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Variable(name) | Self::Greedy(name) => Some(name),
        }
    }
}
