//! A plugin whose own code was first to set a subscriber and a logger keeps them.

#![allow(
    unsafe_code,
    reason = "the host's side of the boundary (docs/safety.md)"
)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::sync::atomic::{AtomicU32, Ordering};

use plugin_api_abi::glue::entry::{Entry, Request, Response};
use plugin_api_abi::glue::invocation::Function;
use plugin_api_abi::types::{FLAG_STATELESS, PLACE_INLINE, RawInstance};
use support::{LINES, Loaded, TestError, answer};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

static EVENTS: AtomicU32 = AtomicU32::new(0);
static RECORDS: AtomicU32 = AtomicU32::new(0);

struct Count;

impl<S: tracing::Subscriber> Layer<S> for Count {
    fn on_event(&self, _: &tracing::Event<'_>, _: Context<'_, S>) {
        EVENTS.fetch_add(1, Ordering::SeqCst);
    }
}

impl log::Log for Count {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, _: &log::Record<'_>) {
        RECORDS.fetch_add(1, Ordering::SeqCst);
    }

    fn flush(&self) {}
}

struct Logs;

impl Entry for Logs {
    const FLAGS: u64 = FLAG_STATELESS;
    type Instance = ();
    type Error = TestError;

    fn stateless() -> Option<()> {
        Some(())
    }

    async fn init(_: &'static Function) -> Result<Self, TestError> {
        Ok(Self)
    }

    async fn start(&self) -> Result<(), TestError> {
        Ok(())
    }

    async fn run(
        &self,
        _: Result<&mut (), TestError>,
        _: Request<'_>,
    ) -> Result<Response, TestError> {
        tracing::info!("an event");
        log::info!("a record");
        assert!(tracing::Span::current().is_none());
        Ok(answer(""))
    }

    async fn stop(&self, (): ()) -> Result<(), TestError> {
        Ok(())
    }
}

#[test]
fn the_authors_own_choice_stands() {
    let own = tracing_subscriber::registry().with(Count);
    tracing::subscriber::set_global_default(own).unwrap();
    log::set_boxed_logger(Box::new(Count)).unwrap();
    log::set_max_level(log::LevelFilter::Info);

    let handler = Loaded::<Logs>::load("logs").unwrap();
    let run = handler.run(RawInstance::NONE, PLACE_INLINE, "");
    run.end().unwrap();
    assert_eq!(EVENTS.load(Ordering::SeqCst), 1);
    assert_eq!(RECORDS.load(Ordering::SeqCst), 1);
    assert!(LINES.lock().unwrap().is_empty());
}
