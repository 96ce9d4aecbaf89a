//! Functions, events and logs for tests.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::{Accepted, Destination, EventConfig, Events, EventsPlan, Found, Functions, Target};
use crate::invocation::{
    Accepts, Answer, Body, Caller, ErrorKind, FunctionError, Invocation, Invoke, Outcome, Payload,
    Refusal, RequestId,
};

pub(super) fn target(name: &str) -> Target {
    Target {
        name: name.to_owned(),
        qualifier: None,
        arn: format!("arn:aws:lambda:us-east-1:123456789012:function:{name}"),
        version: "$LATEST".to_owned(),
    }
}

pub(super) fn event(name: &str, payload: impl AsRef<[u8]>) -> Accepted {
    Accepted::new(target(name), Bytes::copy_from_slice(payload.as_ref()))
}

pub(super) fn to(name: &str) -> Option<Destination> {
    Some(Destination::Function(target(name)))
}

/// What a fake does with an invocation.
pub(super) enum Then {
    Answer(Body),
    Fail(FunctionError),
    Refuse(Refusal),
    Hang,
    After(Duration, Box<Then>),
}

impl Then {
    pub(super) fn fail() -> Self {
        Self::Fail(FunctionError::new(ErrorKind::Handler, "Boom", "it failed"))
    }

    pub(super) fn throttle(concurrency: usize) -> Self {
        Self::Refuse(Refusal::Throttled {
            concurrency,
            queued: 0,
            retry_after: Duration::from_secs(1),
        })
    }
}

/// An invocation that a fake got.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) id: RequestId,
    pub(super) payload: Bytes,
    pub(super) caller: Caller,
    pub(super) at: Instant,
}

type Script = Box<dyn Fn(usize) -> Then + Send + Sync>;

/// A function that does what its script says for the first, second, … invocation.
pub(super) struct Fake {
    script: Script,
    seen: Mutex<Vec<Seen>>,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Fake {
    pub(super) fn new(script: impl Fn(usize) -> Then + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            script: Box::new(script),
            seen: Mutex::default(),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        })
    }

    /// The one invocation.
    pub(super) fn once(then: Then) -> Arc<Self> {
        let then = Mutex::new(Some(then));
        Self::new(move |_| then.lock().unwrap().take().unwrap())
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn payloads(&self) -> Vec<String> {
        let text = |seen: Seen| String::from_utf8(seen.payload.to_vec()).unwrap();
        self.seen().into_iter().map(text).collect()
    }

    /// The seconds from `start` at which it was invoked.
    pub(super) fn seconds(&self, start: Instant) -> Vec<u64> {
        let seen = self.seen().into_iter();
        seen.map(|seen| (seen.at - start).as_secs()).collect()
    }

    /// How many ran at the same time.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }
}

impl Invoke for Fake {
    fn name(&self) -> &str {
        "fake"
    }

    fn accepts(&self) -> Accepts {
        Accepts::Event {
            json: true,
            json_response: true,
        }
    }

    async fn invoke(&self, invocation: Invocation) -> Result<Outcome, Refusal> {
        let Payload::Event(payload) = invocation.payload else {
            panic!("not an event");
        };
        let nth = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(Seen {
                id: invocation.id,
                payload,
                caller: Arc::unwrap_or_clone(invocation.caller.unwrap()),
                at: Instant::now(),
            });
            seen.len()
        };
        let running = self.running.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(running, Ordering::Relaxed);
        let mut then = (self.script)(nth);
        while let Then::After(delay, next) = then {
            tokio::time::sleep(delay).await;
            then = *next;
        }
        let result = match then {
            Then::Answer(body) => Ok(Answer::Event(body)),
            Then::Fail(error) => Err(error),
            Then::Refuse(refusal) => return Err(refusal),
            _ => std::future::pending().await,
        };
        self.running.fetch_sub(1, Ordering::Relaxed);
        Ok(Outcome {
            result: result.map_err(Box::new),
            cold_start: false,
            start: None,
            duration: Duration::ZERO,
        })
    }
}

/// A registry that tests change.
#[derive(Clone, Default)]
pub(super) struct Fakes(Arc<Mutex<HashMap<String, Found<Arc<Fake>>>>>);

impl Fakes {
    pub(super) fn one(name: &str, function: &Arc<Fake>, config: EventConfig) -> Self {
        Self::default().and(name, function, config)
    }

    pub(super) fn and(self, name: &str, function: &Arc<Fake>, config: EventConfig) -> Self {
        let found = Found {
            function: Arc::clone(function),
            config: Arc::new(config),
        };
        self.0.lock().unwrap().insert(name.to_owned(), found);
        self
    }

    pub(super) fn remove(&self, name: &str) {
        self.0.lock().unwrap().remove(name);
    }

    pub(super) fn start(&self) -> Events<Self> {
        Events::start(EventsPlan::default(), self.clone())
    }
}

impl Functions for Fakes {
    type Function = Arc<Fake>;

    fn find(&self, name: &str, _: Option<&str>) -> Option<Found<Arc<Fake>>> {
        self.0.lock().unwrap().get(name).cloned()
    }
}

/// Waits until all events are finished.
pub(super) async fn idle(events: &Events<Fakes>) {
    while events.stats().queued > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What is logged on this thread as long as the guard lives.
#[derive(Clone, Default)]
pub(super) struct Logged(Arc<Mutex<Vec<u8>>>);

/// With only one subscriber alive, tracing asks the thread that comes first whether a call site is
/// of interest, not the subscriber. Tests run on many threads, so there is always a second one.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Registry::default()));

impl Logged {
    pub(super) fn start() -> (Self, DefaultGuard) {
        LazyLock::force(&ANOTHER);
        let logged = Self::default();
        let subscriber = Registry::default().with(logged.clone());
        (logged, tracing::subscriber::set_default(subscriber))
    }

    /// The lines that have all these texts.
    pub(super) fn lines(&self, texts: &[&str]) -> Vec<String> {
        let all = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        all.lines()
            .filter(|line| texts.iter().all(|text| line.contains(text)))
            .map(str::to_owned)
            .collect()
    }
}

impl<S: Subscriber> Layer<S> for Logged {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut out = self.0.lock().unwrap();
        let mut write = || -> io::Result<()> {
            write!(out, "{}", event.metadata().level())?;
            event.record(
                &mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
                    let _infallible = write!(out, " {field}={value:?}");
                },
            );
            writeln!(out)
        };
        write().unwrap();
    }
}
