//! The functions that are served, under their names; exchanged as a whole when they are reloaded.

use std::collections::BTreeMap;
use std::future::Future;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwap, Guard};

use http::Method;

use super::url::{Cors, DuplicateRoute, PathParameters, Route, Router};
use crate::events::{EventConfig, Found, Functions, News, Target as EventTarget};
use crate::invocation::{
    Accepts, Caller, FunctionError, Home, Invocation, Invoke, LATEST, Outcome, Refusal, Target,
    thread,
};
use crate::observe::metrics::FunctionMetrics;

/// A function as it is served.
#[derive(Debug)]
pub struct Entry<F> {
    /// Its name.
    pub name: String,
    /// Other names by which it is found.
    pub also: Vec<String>,
    /// Its version: a number, or `$LATEST` if it has none.
    pub version: String,
    /// The aliases of its version.
    pub aliases: Vec<String>,
    /// Its memory limit in MiB, if it has one.
    pub memory_mb: Option<u32>,
    /// How it is called over plain HTTP.
    pub http: HttpUse,
    /// Events of gateways become requests without the gateway's stage in their paths.
    pub ignore_stage: bool,
    /// What becomes of its asynchronous events.
    pub events: Arc<EventConfig>,
    /// Its figures.
    pub metrics: Arc<FunctionMetrics>,
    /// What runs it.
    pub function: F,
}

impl<F> Entry<F> {
    /// The version that a qualifier stands for, if it stands for any: `$LATEST` without one, the
    /// version itself, or one of its aliases.
    pub fn version_of(&self, qualifier: Option<&str>) -> Option<&str> {
        match qualifier {
            None | Some(LATEST) => Some(LATEST),
            Some("$LATEST.PUBLISHED") => Some(&self.version),
            Some(number) if number == self.version => Some(&self.version),
            Some(alias) if self.aliases.iter().any(|known| known == alias) => Some(&self.version),
            Some(_) => None,
        }
    }
}

impl<F: Invoke> Invoke for Entry<F> {
    fn name(&self) -> &str {
        &self.name
    }

    fn accepts(&self) -> Accepts {
        self.function.accepts()
    }

    fn checks_json(&self) -> bool {
        self.function.checks_json()
    }

    fn ignores_stage(&self) -> bool {
        self.ignore_stage
    }

    fn invoke(
        &self,
        invocation: Invocation,
    ) -> impl Future<Output = Result<Outcome, Refusal>> + Send {
        self.function.invoke(invocation)
    }

    fn mocked_error(&self, name: &str) -> Option<Result<FunctionError, Vec<String>>> {
        self.function.mocked_error(name)
    }
}

/// A function, as some of the threads count who uses it: if all counted in one place, the cores would
/// fight for it with every invocation.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Share<F> {
    entry: Arc<Entry<F>>,
    /// What its handler may know of a caller of the Invoke API who says no more than its name: made
    /// by the first.
    named: OnceLock<Arc<Caller>>,
}

impl<F> Share<F> {
    /// What the function's handler may know of who names it as `target`.
    pub(super) fn caller(&self, target: &Target<'_>, home: &Home) -> Arc<Caller> {
        let caller = || {
            Arc::new(Caller {
                arn: Some(home.arn(target.name, target.qualifier)),
                ..Caller::default()
            })
        };
        if target.qualifier.is_none() && target.name == self.name {
            self.named.get_or_init(caller).clone()
        } else {
            caller()
        }
    }
}

impl<F> Deref for Share<F> {
    type Target = Entry<F>;

    fn deref(&self) -> &Entry<F> {
        &self.entry
    }
}

/// How a function is called over plain HTTP.
#[derive(Debug, Clone, Default)]
pub struct HttpUse {
    /// The requests that are its.
    pub routes: Vec<Route>,
    /// A handler of events gets them as events of payload format 2.0; otherwise their bodies.
    pub events_v2: bool,
    /// What pages of other origins may do.
    pub cors: Option<Cors>,
}

/// All functions.
#[derive(Debug)]
pub struct Catalogue<F> {
    entries: Vec<Arc<Entry<F>>>,
    /// Of each entry one for each of the [`places`](thread::places).
    shares: Vec<Arc<Share<F>>>,
    by_name: BTreeMap<String, usize>,
    /// `None`: no function has routes.
    router: Option<Router<usize>>,
}

/// The function that a request goes to, and how it got there.
#[derive(Debug)]
pub struct Routed<'a, F> {
    /// The function.
    pub entry: &'a Arc<Entry<F>>,
    /// The key of its route.
    pub route_key: &'a str,
    /// What the variables of the route stand for.
    pub path_parameters: PathParameters<'a>,
}

impl<F> Catalogue<F> {
    /// These functions. A name that stands for two of them leads to the first.
    ///
    /// # Errors
    /// Two routes take the same requests.
    pub fn new(entries: Vec<Arc<Entry<F>>>) -> Result<Self, DuplicateRoute> {
        let mut by_name = BTreeMap::new();
        // What is a function's own name is nobody's other name.
        for own in [true, false] {
            for (index, entry) in entries.iter().enumerate() {
                let names = if own {
                    std::slice::from_ref(&entry.name)
                } else {
                    &entry.also
                };
                for name in names {
                    by_name.entry(name.clone()).or_insert(index);
                }
            }
        }
        let routes: Vec<_> = entries
            .iter()
            .enumerate()
            .flat_map(|(index, entry)| {
                let routes = entry.http.routes.iter();
                routes.map(move |route| (route.clone(), index))
            })
            .collect();
        let router = (!routes.is_empty())
            .then(|| Router::new(routes))
            .transpose()?;
        let share = |entry: &Arc<Entry<F>>| {
            Arc::new(Share {
                entry: entry.clone(),
                named: OnceLock::new(),
            })
        };
        let shares = entries
            .iter()
            .flat_map(|entry| (0..thread::places()).map(move |_| share(entry)))
            .collect();
        Ok(Self {
            entries,
            shares,
            by_name,
            router,
        })
    }

    /// The function for a request: by the routes, if any function has some; otherwise the only
    /// function there is.
    pub fn route(&self, method: &Method, path: &str) -> Option<Routed<'_, F>> {
        let Some(router) = &self.router else {
            return match self.entries.as_slice() {
                [only] => Some(Routed {
                    entry: only,
                    route_key: "$default",
                    path_parameters: PathParameters::new(),
                }),
                _ => None,
            };
        };
        let found = router.find(method, path)?;
        Some(Routed {
            entry: self.entries.get(*found.target)?,
            route_key: found.route.key(),
            path_parameters: found.path_parameters,
        })
    }

    /// The function of this name.
    pub fn find(&self, name: &str) -> Option<&Arc<Entry<F>>> {
        self.by_name
            .get(name)
            .and_then(|index| self.entries.get(*index))
    }

    /// As [`find`](Self::find), for who keeps it as long as an invocation lasts.
    pub(super) fn share(&self, name: &str) -> Option<&Arc<Share<F>>> {
        let index = self.by_name.get(name)?;
        let places = thread::places();
        let mine = thread::number() & (places - 1);
        self.shares.get(index * places + mine)
    }

    /// Whether anybody has a function who is neither the catalogue nor one of those who have `known`
    /// counts of each.
    pub fn is_in_use(&self, known: usize) -> bool {
        let own = 1 + thread::places();
        let entries = self.entries.iter();
        let mut shares = self.shares.iter();
        entries
            .map(Arc::strong_count)
            .any(|count| count > own + known)
            || shares.any(|share| Arc::strong_count(share) > 1)
    }

    /// All of them, in the order in which they were given.
    pub fn entries(&self) -> &[Arc<Entry<F>>] {
        &self.entries
    }
}

/// The functions as they are now. Shared by all frontends.
#[derive(Debug)]
pub struct Current<F>(ArcSwap<Catalogue<F>>);

impl<F: Invoke> Current<F> {
    /// Begins with `catalogue`.
    pub fn new(catalogue: Catalogue<F>) -> Self {
        Self(ArcSwap::from_pointee(catalogue))
    }

    /// As they are at this moment. Whoever holds it is not disturbed by an exchange.
    pub fn get(&self) -> Guard<Arc<Catalogue<F>>> {
        self.0.load()
    }

    /// Serves others from now on, and returns those that were served before. Runs of these go on.
    pub fn exchange(&self, catalogue: Catalogue<F>) -> Arc<Catalogue<F>> {
        self.0.swap(Arc::new(catalogue))
    }
}

/// Where the events of functions look them up.
impl<F: Invoke> Functions for Arc<Current<F>> {
    type Function = Arc<Entry<F>>;

    fn find(&self, name: &str, qualifier: Option<&str>) -> Option<Found<Self::Function>> {
        let catalogue = self.get();
        let entry = catalogue.find(name)?;
        entry.version_of(qualifier)?;
        Some(Found {
            function: entry.clone(),
            config: entry.events.clone(),
        })
    }

    fn hear(&self, target: &EventTarget, news: News) {
        let catalogue = self.get();
        let Some(entry) = catalogue.find(&target.name) else {
            return;
        };
        match news {
            News::Accepted => entry.metrics.async_received(),
            News::Dropped => entry.metrics.async_dropped(),
            News::NotDelivered => entry.metrics.destination_failed(),
        }
    }
}

#[cfg(test)]
impl<F: Invoke> Current<F> {
    /// `function` and nothing else.
    pub(crate) fn only(function: F) -> Arc<Self> {
        let entry = Entry {
            name: function.name().to_owned(),
            also: Vec::new(),
            version: LATEST.to_owned(),
            aliases: Vec::new(),
            memory_mb: None,
            http: HttpUse::default(),
            ignore_stage: false,
            events: Arc::default(),
            metrics: Arc::default(),
            function,
        };
        let catalogue = Catalogue::new(vec![Arc::new(entry)]);
        Arc::new(Self::new(catalogue.expect("no routes")))
    }
}
