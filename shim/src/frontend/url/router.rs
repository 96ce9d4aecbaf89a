//! Which of several routes a request takes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use http::Method;

use super::Route;
use super::route::{Path, Segment};

/// What the variables of a route stand for, decoded, by name.
pub type PathParameters<'r> = BTreeMap<&'r str, String>;

/// Routes, and where they lead; finds the best one for a request, as an HTTP API of Amazon API
/// Gateway does.
///
/// Of the routes that take a method and path the first of these wins:
///
/// 1. a route without `{name+}` before one with it, and `$default` last;
/// 2. at the first segment in which they differ: text before `{name}` before `{name+}`;
/// 3. one for the method before one for any method.
#[derive(Debug, Clone)]
pub struct Router<T> {
    /// The best ones first.
    routes: Vec<(Route, T)>,
}

/// The route that a request takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'r, T> {
    /// The route; its key is the event's `routeKey`.
    pub route: &'r Route,
    /// Where it leads.
    pub target: &'r T,
    /// What its variables stand for.
    pub path_parameters: PathParameters<'r>,
}

/// Two routes take the same requests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the routes `{first}` and `{second}` take the same requests")]
pub struct DuplicateRoute {
    /// The key of the one that came first.
    pub first: String,
    /// The key of the other.
    pub second: String,
}

impl<T> Router<T> {
    /// A router for `routes`. Two that differ at most in the names of their variables are an
    /// error.
    pub fn new(routes: impl IntoIterator<Item = (Route, T)>) -> Result<Self, DuplicateRoute> {
        let mut routes: Vec<_> = routes.into_iter().collect();
        // Stable, so that of two equal ones the first stays first.
        routes.sort_by(|(one, _), (other, _)| order(one, other));
        for pair in routes.windows(2) {
            if let [(first, _), (second, _)] = pair
                && order(first, second).is_eq()
            {
                return Err(DuplicateRoute {
                    first: first.key().to_owned(),
                    second: second.key().to_owned(),
                });
            }
        }
        Ok(Self { routes })
    }

    /// The best route for `method` and the raw path `path`, or none when none takes them.
    pub fn find(&self, method: &Method, path: &str) -> Option<Match<'_, T>> {
        let path = Path::new(path);
        self.routes.iter().find_map(|(route, target)| {
            let path_parameters = route.take(method, &path)?;
            Some(Match {
                route,
                target,
                path_parameters,
            })
        })
    }
}

/// Best first; equal are routes that take the same requests.
fn order(one: &Route, other: &Route) -> Ordering {
    tier(one)
        .cmp(&tier(other))
        .then_with(|| shapes(one).cmp(shapes(other)))
        .then_with(|| method(one).cmp(&method(other)))
}

fn tier(route: &Route) -> u8 {
    match route.segments.as_deref() {
        None => 2,
        Some([.., Segment::Greedy(_)]) => 1,
        Some(_) => 0,
    }
}

fn shapes(route: &Route) -> impl Iterator<Item = (u8, &str)> {
    route.segments.iter().flatten().map(shape)
}

/// Any method comes after each single one.
fn method(route: &Route) -> (bool, Option<&str>) {
    let method = route.method.as_ref().map(Method::as_str);
    (method.is_none(), method)
}

/// A segment without the name of its variable.
fn shape(segment: &Segment) -> (u8, &str) {
    match segment {
        Segment::Literal(text) => (0, text),
        Segment::Variable(_) => (1, ""),
        Segment::Greedy(_) => (2, ""),
    }
}
