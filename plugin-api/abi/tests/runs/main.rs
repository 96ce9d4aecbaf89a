//! The table of a handler, as the host uses it. Here: handlers that do as they are told, and
//! cancelling; `threads`: places and instances; `faults`: panics and errors; `streams`.

#![allow(
    unsafe_code,
    reason = "the host's side of the boundary (docs/safety.md)"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod faults;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod threads;

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use plugin_api_abi::fault::Fault;
use plugin_api_abi::glue::entry::{Entry, Request, Response, ResponseBody};
use plugin_api_abi::glue::invocation::Function;
use plugin_api_abi::glue::own_thread::block_on;
use plugin_api_abi::stream::AbiChunk;
use plugin_api_abi::types::{
    ERROR_CANCELLED, FLAG_BLOCKING, FLAG_STATELESS, PLACE_INLINE, PLACE_RUNTIME, PLACE_THREAD,
    RawInstance,
};
use support::{Counts, Ended, Loaded, TestError, answer, eventually};

const PLACES: [u32; 3] = [PLACE_INLINE, PLACE_RUNTIME, PLACE_THREAD];

struct DropsBadly;

impl Drop for DropsBadly {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

/// What an instance holds.
struct Held(Arc<Counts>);

impl Drop for Held {
    fn drop(&mut self) {
        Counts::add(&self.0.dropped);
    }
}

/// An async handler with a lifecycle that does what its event says.
struct Obedient {
    name: String,
    counts: Arc<Counts>,
}

impl Entry for Obedient {
    const FLAGS: u64 = 0;
    type Instance = Held;
    type Error = TestError;

    async fn init(function: &'static Function) -> Result<Self, TestError> {
        assert_ne!(function.name, "panics in init", "as its name says");
        if function.name == "fails in init" {
            return Err(TestError(Fault::handler("NoDisk", "the disk is gone")));
        }
        Ok(Self {
            name: function.name.clone(),
            counts: Counts::of(&function.name),
        })
    }

    async fn start(&self) -> Result<Held, TestError> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_ne!(self.name, "panics in start", "as its name says");
        if self.name == "fails in start" {
            return Err(TestError(Fault::handler("NoDatabase", "it is down")));
        }
        Counts::add(&self.counts.started);
        Ok(Held(self.counts.clone()))
    }

    async fn run(
        &self,
        instance: Result<&mut Held, TestError>,
        request: Request<'_>,
    ) -> Result<Response, TestError> {
        let _ended = Ended(self.counts.clone());
        if let Err(error) = instance {
            let message = format!("run got {}", error.0.message);
            return Err(TestError(Fault::handler("PassedOn", message)));
        }
        match &*request.body {
            b"sleep" => tokio::time::sleep(Duration::from_millis(5)).await,
            b"many yields" => {
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
            }
            b"own runtime" => {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                runtime.unwrap().block_on(async {});
            }
            b"forever" => pending().await,
            b"forever, then drop badly" => {
                let _bad = DropsBadly;
                pending::<()>().await;
            }
            b"drop badly" => {
                let _bad = DropsBadly;
                tokio::task::yield_now().await;
            }
            b"panic" => panic!("as asked"),
            b"error" => return Err(TestError(Fault::handler("Refused", "as asked"))),
            b"stream" => return Ok(streamed(Pieces::new(3, false))),
            b"stream, then panic" => return Ok(streamed(Pieces::new(2, true))),
            b"endless stream" => return Ok(streamed(Endless(Ended(self.counts.clone())))),
            _ => {}
        }
        let thread = std::thread::current();
        Ok(answer(thread.name().unwrap_or_default().to_owned()))
    }

    async fn stop(&self, _: Held) -> Result<(), TestError> {
        Counts::add(&self.counts.stopped);
        if self.name == "panics in stop" {
            panic!("as its name says");
        }
        Ok(())
    }
}

fn streamed(stream: impl Stream<Item = AbiChunk> + Send + 'static) -> Response {
    Response {
        body: ResponseBody::Stream(Box::pin(stream)),
        ..answer("")
    }
}

/// `piece` so many times, then the end, or a panic.
struct Pieces {
    left: u32,
    panics: bool,
}

impl Pieces {
    fn new(left: u32, panics: bool) -> Self {
        Self { left, panics }
    }
}

impl Stream for Pieces {
    type Item = AbiChunk;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<AbiChunk>> {
        let Some(left) = self.left.checked_sub(1) else {
            assert!(!self.panics, "in the stream");
            return Poll::Ready(None);
        };
        self.left = left;
        Poll::Ready(Some(AbiChunk::data("piece".into())))
    }
}

struct Endless(Ended);

impl Stream for Endless {
    type Item = AbiChunk;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<AbiChunk>> {
        let _ = &self.0;
        Poll::Ready(Some(AbiChunk::data("piece".into())))
    }
}

/// A plain `fn`.
struct Plain(Arc<Counts>);

impl Entry for Plain {
    const FLAGS: u64 = FLAG_BLOCKING | FLAG_STATELESS;
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
        let _ended = Ended(self.0.clone());
        match &*request.body {
            b"until cancelled" => {
                Counts::add(&self.0.started);
                while !request.invocation.is_cancelled() {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
            b"block on the plugin's runtime" => {
                let handle = tokio::runtime::Handle::current();
                handle.block_on(tokio::time::sleep(Duration::from_millis(1)));
            }
            b"block on its own runtime" => {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                runtime.unwrap().block_on(async {});
            }
            b"panic" => panic!("as asked"),
            _ => {}
        }
        Ok(answer("done"))
    }

    async fn stop(&self, (): ()) -> Result<(), TestError> {
        Ok(())
    }
}

fn is_here(thread: &[u8]) -> bool {
    std::thread::current().name().unwrap_or_default().as_bytes() == thread
}

#[test]
fn a_plain_function_sees_the_signal_and_ends_by_itself() {
    let counts = Counts::of("sees the signal");
    let handler = Loaded::<Plain>::load("sees the signal").unwrap();
    let mut run = handler.run(RawInstance::NONE, PLACE_THREAD, "until cancelled");
    assert!(run.poll().is_pending());
    eventually("it runs", || counts.started.load(Ordering::SeqCst) == 1);
    run.0.cancel.cancel();
    assert_eq!(run.end().unwrap(), "done");

    // The same when the host just lets go of it.
    let mut run = handler.run(RawInstance::NONE, PLACE_THREAD, "until cancelled");
    assert!(run.poll().is_pending());
    eventually("it runs", || counts.started.load(Ordering::SeqCst) == 2);
    drop(run);
    eventually("it ends", || counts.ended.load(Ordering::SeqCst) == 2);
}

#[test]
fn an_async_run_is_dropped_when_cancelled() {
    for place in PLACES {
        let name = format!("cancelled at {place}");
        let counts = Counts::of(&name);
        let handler = Loaded::<Obedient>::load(&name).unwrap();
        let (instance, _) = handler.start();
        let mut run = handler.run(instance, place, "forever");
        assert!(run.poll().is_pending());
        run.0.cancel.cancel();
        run.0.cancel.cancel();
        let fault = run.end().unwrap_err();
        assert_eq!(
            (fault.kind, &*fault.name),
            (ERROR_CANCELLED, "Runtime.Cancelled")
        );
        handler.stop(instance).unwrap();
        assert_eq!(counts.instances(), [1, 1, 1]);
    }
}

#[test]
fn a_run_that_is_let_go_of_is_cancelled_and_stop_waits_for_it() {
    for place in PLACES {
        let name = format!("let go of at {place}");
        let counts = Counts::of(&name);
        let handler = Loaded::<Obedient>::load(&name).unwrap();
        let (instance, _) = handler.start();
        let mut run = handler.run(instance, place, "forever");
        assert!(run.poll().is_pending());
        eventually("it runs", || {
            let begun = Arc::strong_count(&counts) > 4;
            begun || counts.ended.load(Ordering::SeqCst) == 1 || place != PLACE_INLINE
        });
        drop(run);
        handler.stop(instance).unwrap();
        assert_eq!(counts.instances(), [1, 1, 1], "{place}");
        // Never polled at all.
        drop(handler.run(RawInstance::NONE, place, "forever"));
    }
}

#[test]
fn a_cancel_before_or_after_the_run_does_no_harm() {
    let handler = Loaded::<Obedient>::load("early and late").unwrap();
    let (instance, _) = handler.start();
    let run = handler.run(instance, PLACE_INLINE, "at once");
    run.0.cancel.cancel();
    assert_eq!(run.end().unwrap_err().kind, ERROR_CANCELLED);
    let mut run = handler.run(instance, PLACE_INLINE, "at once");
    assert!(matches!(run.poll(), Poll::Ready(reply) if reply.error == 0));
    run.0.cancel.cancel();
    drop(run);
    handler.stop(instance).unwrap();
}

#[test]
fn a_cancel_races_with_the_end() {
    let handler = Loaded::<Obedient>::load("races").unwrap();
    let (instance, _) = handler.start();
    for round in 0..300 {
        let place = PLACES[round % 3];
        let run = handler.run(instance, place, "many yields");
        let result = std::thread::scope(|scope| {
            let (cancel, mut future) = (run.0.cancel, run.0.future);
            scope.spawn(move || {
                for _ in 0..round {
                    std::hint::spin_loop();
                }
                cancel.cancel();
            });
            support::result(block_on(&mut future))
        });
        if let Err(fault) = result {
            assert_eq!(fault.kind, ERROR_CANCELLED, "{fault:?}");
        }
    }
    handler.stop(instance).unwrap();
}
