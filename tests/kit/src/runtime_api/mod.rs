//! Lambda's Runtime API (2018-06-01), as a server that a test scripts: it answers like Lambda, or
//! as badly as it is told to, and remembers all that it was sent.
//!
//! ```no_run
//! use shim_testkit::Program;
//! use shim_testkit::runtime_api::{Answer, Endpoint, Lambda};
//!
//! let bootstrap = Program::at("target/debug/bootstrap".as_ref());
//! let lambda = Lambda::new(&bootstrap)
//!     .file("orders.so", "target/debug/deps/liborders.so".as_ref())
//!     .handler("orders.greet");
//! lambda.api().script(Endpoint::Response, Answer::status(410));
//! let function = lambda.start();
//! function.invoke(r#"{"name":"you"}"#).expect_response(r#"{"text":"Hello, you!"}"#);
//! ```
//!
//! Without a script `/next` waits for an event, `/response` and `/error` are accepted (202) once
//! for each event that was delivered, `/restore/next` answers at once, and an extension is
//! registered and then waits for ever.

mod answer;
mod event;
mod lambda;
mod received;
mod serve;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use answer::{Answer, Key};
pub use event::Event;
pub use lambda::{Function, Lambda};
pub use received::Received;

use crate::PATIENCE;
use crate::output::Output;

/// How long the server may still be reading what a process sent before it ended.
const AFTERMATH: Duration = Duration::from_secs(2);

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// `GET /runtime/invocation/next`
    Next,
    /// `POST /runtime/invocation/{id}/response`
    Response,
    /// `POST /runtime/invocation/{id}/error`
    Error,
    /// `POST /runtime/init/error`
    InitError,
    /// `GET /runtime/restore/next`
    RestoreNext,
    /// `POST /runtime/restore/error`
    RestoreError,
    /// `POST /extension/register`
    Register,
    /// `GET /extension/event/next`
    ExtensionNext,
    /// Something that Lambda does not have.
    Unknown,
}

impl Endpoint {
    /// What `method` at `path` is for, and the request id in the path. A prefix may stand before
    /// the version of the API.
    fn of(method: &str, path: &str) -> (Self, Option<String>) {
        let behind = |version: &str| path.split_once(version).map(|(_, rest)| rest);
        if let Some(rest) = behind("/2020-01-01/extension/") {
            let endpoint = match (method, rest) {
                ("POST", "register") => Self::Register,
                ("GET", "event/next") => Self::ExtensionNext,
                _ => Self::Unknown,
            };
            return (endpoint, None);
        }
        let Some(rest) = behind("/2018-06-01/runtime/") else {
            return (Self::Unknown, None);
        };
        let parts: Vec<&str> = rest.split('/').collect();
        match (method, &parts[..]) {
            ("GET", ["invocation", "next"]) => (Self::Next, None),
            ("POST", ["invocation", id, "response"]) => (Self::Response, Some((*id).to_owned())),
            ("POST", ["invocation", id, "error"]) => (Self::Error, Some((*id).to_owned())),
            ("POST", ["init", "error"]) => (Self::InitError, None),
            ("GET", ["restore", "next"]) => (Self::RestoreNext, None),
            ("POST", ["restore", "error"]) => (Self::RestoreError, None),
            _ => (Self::Unknown, None),
        }
    }
}

/// A Runtime API on a port of its own.
#[derive(Debug)]
pub struct RuntimeApi {
    shared: Arc<Shared>,
    address: SocketAddr,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    scripts: BTreeMap<Endpoint, VecDeque<Answer>>,
    received: Vec<Received>,
    /// Events that were delivered and have no answer yet.
    in_flight: BTreeSet<String>,
    connections: usize,
    /// How many requests wait at `/next` now, and how many did at most.
    waiting: usize,
    /// What the process says that is served, for messages.
    output: Option<Arc<Output>>,
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }
}

impl RuntimeApi {
    /// Serves on any free port of this machine.
    #[expect(clippy::new_without_default, reason = "it opens a socket")]
    pub fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        serve::listen(listener, shared.clone());
        Self { shared, address }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets the next request to this endpoint that has no answer yet have this one. An answer for
    /// `/next` is usually an [`Event`].
    pub fn script(&self, endpoint: Endpoint, answer: impl Into<Answer>) {
        let answer = answer.into();
        self.shared.change(|state| {
            let scripts = state.scripts.entry(endpoint).or_default();
            scripts.push_back(answer);
        });
    }

    /// Sends an event to whoever asks next, and returns its request id.
    pub fn send(&self, event: impl Into<Event>) -> String {
        let event = event.into();
        let id = event.request_id();
        self.script(Endpoint::Next, event);
        id
    }

    /// Sends an event, and waits for its response or error.
    ///
    /// # Panics
    /// None comes.
    #[track_caller]
    pub fn invoke(&self, event: impl Into<Event>) -> Received {
        let id = self.send(event);
        self.outcome(&id)
    }

    /// Waits for the response or error of this request id.
    ///
    /// # Panics
    /// None comes.
    #[track_caller]
    pub fn outcome(&self, id: &str) -> Received {
        self.wait_for(&format!("no outcome of {id}"), |request| {
            request.is_whole() && request.request_id() == Some(id)
        })
    }

    /// Waits for a whole request to this endpoint, the first.
    ///
    /// # Panics
    /// None comes.
    #[track_caller]
    pub fn request(&self, endpoint: Endpoint) -> Received {
        self.wait_for(&format!("no request to {endpoint:?}"), |request| {
            request.is_whole() && request.endpoint() == endpoint
        })
    }

    /// Waits for a request, the first that is wanted. It may not be whole yet.
    ///
    /// # Panics
    /// None comes.
    #[track_caller]
    pub fn wait_for(&self, what: &str, wanted: impl Fn(&Received) -> bool) -> Received {
        self.wait(what, |state| {
            let found = state.received.iter().find(|request| wanted(request));
            found.cloned()
        })
    }

    /// Waits until so many requests wait at `/next` for an event.
    ///
    /// # Panics
    /// There are not so many.
    #[track_caller]
    pub fn wait_for_idle(&self, loops: usize) {
        let what = format!("no {loops} loops wait at /next");
        self.wait(&what, |state| (state.waiting == loops).then_some(()));
    }

    #[track_caller]
    fn wait<T>(&self, what: &str, look: impl Fn(&State) -> Option<T>) -> T {
        let begun = Instant::now();
        let mut ended = None;
        let mut state = self.shared.lock();
        loop {
            if let Some(found) = look(&state) {
                return found;
            }
            if ended.is_none() && state.output.as_ref().is_some_and(|o| o.has_ended()) {
                ended = Some(Instant::now());
            }
            let late = ended.is_some_and(|at: Instant| at.elapsed() > AFTERMATH);
            if late || begun.elapsed() > PATIENCE {
                let said = state.output.as_ref().map(ToString::to_string);
                let requests = format!("{:#?}", state.received);
                drop(state);
                panic!("{what}\n{requests}\n{}", said.unwrap_or_default());
            }
            let pause = Duration::from_millis(50);
            let waited = self.shared.changed.wait_timeout(state, pause);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// All requests up to now, in the order in which they began.
    pub fn received(&self) -> Vec<Received> {
        self.shared.lock().received.clone()
    }

    /// How many requests to this endpoint there were.
    pub fn count(&self, endpoint: Endpoint) -> usize {
        let state = self.shared.lock();
        let requests = state.received.iter();
        requests.filter(|r| r.endpoint() == endpoint).count()
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    fn watch(&self, output: Arc<Output>) {
        self.shared.lock().output = Some(output);
    }
}

/// Whoever waits for an answer gets none.
impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.shared.change(|state| state.closed = true);
        serve::wake(self.address);
    }
}
