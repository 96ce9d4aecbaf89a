//! The end of the plugin's runtime, while runs are on their way. One test: it ends the process's
//! only plugin.

#![allow(
    unsafe_code,
    reason = "the host's side of the boundary (docs/safety.md)"
)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_core::Stream;
use plugin_api_abi::glue::entry::{Entry, Request, Response, ResponseBody};
use plugin_api_abi::glue::invocation::Function;
use plugin_api_abi::glue::own_thread::block_on;
use plugin_api_abi::stream::{AbiChunk, CHUNK_ERROR};
use plugin_api_abi::types::{
    ERROR_INTERNAL, FLAG_STATELESS, PLACE_INLINE, PLACE_RUNTIME, PLACE_THREAD, RawInstance,
};
use support::{Counts, Ended, Loaded, TestError, answer, eventually};

static RELEASED: AtomicBool = AtomicBool::new(false);

struct Slow(Arc<Counts>);

struct Silent;

impl Stream for Silent {
    type Item = AbiChunk;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<AbiChunk>> {
        Poll::Pending
    }
}

impl Entry for Slow {
    const FLAGS: u64 = FLAG_STATELESS;
    type Instance = ();
    type Error = TestError;

    fn stateless() -> Option<()> {
        Some(())
    }

    async fn init(function: &'static Function) -> Result<Self, TestError> {
        Ok(Self(Counts::of(&function.name)))
    }

    async fn start(&self) -> Result<(), TestError> {
        Ok(())
    }

    async fn run(
        &self,
        _: Result<&mut (), TestError>,
        request: Request<'_>,
    ) -> Result<Response, TestError> {
        Counts::add(&self.0.started);
        let _ended = Ended(self.0.clone());
        match &*request.body {
            b"stuck" => {
                while !RELEASED.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
            b"sleep" => tokio::time::sleep(Duration::from_secs(600)).await,
            b"stream" => {
                return Ok(Response {
                    body: ResponseBody::Stream(Box::pin(Silent)),
                    ..answer("")
                });
            }
            b"at once" => {}
            _ => pending().await,
        }
        Ok(answer("done"))
    }

    async fn stop(&self, (): ()) -> Result<(), TestError> {
        Ok(())
    }
}

#[test]
fn every_run_is_answered_and_nothing_hangs() {
    let handler = Loaded::<Slow>::load("slow").unwrap();
    let counts = Counts::of("slow");
    let mut runs = Vec::new();
    for event in ["stuck", "sleep", "forever"] {
        for place in [PLACE_INLINE, PLACE_RUNTIME, PLACE_THREAD] {
            // It would be this thread that is stuck; one of the plugin's two workers is enough.
            if event == "stuck" && place == PLACE_INLINE {
                continue;
            }
            let mut run = handler.run(RawInstance::NONE, place, event);
            assert!(run.poll().is_pending());
            runs.push((event, place, run));
        }
    }
    let reply = handler
        .run(RawInstance::NONE, PLACE_INLINE, "stream")
        .reply();
    let mut stream = reply.stream.into_option().unwrap();
    let all = u32::try_from(runs.len()).unwrap() + 1;
    eventually("all run", || counts.started.load(Ordering::SeqCst) == all);
    // One run is polled while the plugin shuts down, not only afterwards.
    let (_, _, watched) = runs.remove(0);
    let watcher = std::thread::spawn(move || watched.end());

    let begun = Instant::now();
    handler.table().shutdown()(200);
    handler.table().shutdown()(200);
    assert!(begun.elapsed() < Duration::from_secs(20));

    let is_told = |fault: plugin_api_abi::fault::Fault| {
        fault.kind == ERROR_INTERNAL && fault.message == "the plugin is shutting down"
    };
    assert!(is_told(watcher.join().unwrap().unwrap_err()));
    for (event, place, run) in runs {
        assert!(is_told(run.end().unwrap_err()), "{event} at {place}");
    }
    // A body that is not whole does not look whole.
    let last = block_on(poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)));
    assert_eq!(last.unwrap().kind, CHUNK_ERROR);

    // Those that could be dropped were.
    let ended = || counts.ended.load(Ordering::SeqCst);
    eventually("all but the stuck ones are gone", || ended() == all - 2);
    RELEASED.store(true, Ordering::SeqCst);
    eventually("the stuck ones end", || ended() == all);

    // What comes later is answered too.
    for place in [PLACE_RUNTIME, PLACE_THREAD] {
        let late = handler.run(RawInstance::NONE, place, "at once").end();
        assert!(is_told(late.unwrap_err()), "{place}");
    }
    handler
        .run(RawInstance::NONE, PLACE_INLINE, "at once")
        .end()
        .unwrap();
    let fault = Loaded::<Slow>::load("too late").err().unwrap();
    assert!(is_told(fault));
}
