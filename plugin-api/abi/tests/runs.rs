//! The table of a handler, as the host uses it: places, cancelling, panics, instances, streams.

#![allow(
    unsafe_code,
    reason = "the host's side of the boundary (docs/safety.md)"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use plugin_api_abi::fault::Fault;
use plugin_api_abi::glue::entry::{Entry, Request, Response, ResponseBody};
use plugin_api_abi::glue::invocation::Function;
use plugin_api_abi::glue::own_thread::block_on;
use plugin_api_abi::glue::scope;
use plugin_api_abi::stream::{AbiChunk, AbiStream, CHUNK_DATA, CHUNK_ERROR};
use plugin_api_abi::types::{
    ERROR_CANCELLED, ERROR_HANDLER, ERROR_INTERNAL, ERROR_PANIC, FLAG_BLOCKING, FLAG_STATELESS,
    PLACE_INLINE, PLACE_RUNTIME, PLACE_THREAD, RawInstance,
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
fn a_run_executes_where_the_host_says() {
    let handler = Loaded::<Obedient>::load("places").unwrap();
    assert!(is_here(&handler.once(PLACE_INLINE, "at once").unwrap()));
    assert_eq!(handler.once(PLACE_INLINE, "sleep").unwrap(), "plugin");
    for place in [PLACE_RUNTIME, PLACE_THREAD, 77] {
        assert_eq!(handler.once(place, "at once").unwrap(), "plugin", "{place}");
    }
    for place in PLACES {
        handler.once(place, "many yields").unwrap();
        handler.once(place, "sleep").unwrap();
    }
    // Blocking on another runtime is for threads that may block; a host's thread in its first poll
    // is not inside of any runtime that the plugin knows.
    handler.once(PLACE_THREAD, "own runtime").unwrap();
    handler.once(PLACE_INLINE, "own runtime").unwrap();
}

#[test]
fn a_plain_function_may_block_anywhere() {
    let handler = Loaded::<Plain>::load("plain").unwrap();
    for place in PLACES {
        for event in [
            "at once",
            "block on the plugin's runtime",
            "block on its own runtime",
        ] {
            let done = handler.run(RawInstance::NONE, place, event).end();
            assert_eq!(done.unwrap(), "done", "{place} {event}");
        }
        let fault = handler.run(RawInstance::NONE, place, "panic").end();
        assert_eq!(fault.unwrap_err().kind, ERROR_PANIC);
    }
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

#[test]
fn a_panic_is_a_fault_with_message_and_place() {
    let counts = Counts::of("panics");
    let handler = Loaded::<Obedient>::load("panics").unwrap();
    for (index, place) in PLACES.into_iter().enumerate() {
        let fault = handler.once(place, "panic").unwrap_err();
        assert_eq!((fault.kind, &*fault.message), (ERROR_PANIC, "as asked"));
        assert!(fault.location.unwrap().contains("runs.rs:"));
        // The instance is dropped, never stopped.
        let so_far = u32::try_from(index).unwrap() + 1;
        assert_eq!(counts.instances(), [so_far, 0, so_far]);
    }
}

#[test]
fn a_destructor_that_panics_is_a_fault() {
    let counts = Counts::of("drops badly");
    let handler = Loaded::<Obedient>::load("drops badly").unwrap();
    for place in PLACES {
        let fault = handler.once(place, "drop badly").unwrap_err();
        assert_eq!(
            (fault.kind, &*fault.message),
            (ERROR_PANIC, "in a destructor")
        );

        // Cancelled, it is that; but the instance is damaged all the same.
        let (instance, _) = handler.start();
        let mut run = handler.run(instance, place, "forever, then drop badly");
        assert!(run.poll().is_pending());
        std::thread::sleep(Duration::from_millis(5));
        run.0.cancel.cancel();
        assert_eq!(run.end().unwrap_err().kind, ERROR_CANCELLED);
        handler.stop(instance).unwrap();
    }
    assert_eq!(counts.instances(), [6, 0, 6]);
}

#[test]
fn an_instance_that_panicked_runs_nothing_any_more() {
    let handler = Loaded::<Obedient>::load("used again").unwrap();
    let (instance, _) = handler.start();
    handler
        .run(instance, PLACE_INLINE, "panic")
        .end()
        .unwrap_err();
    let fault = handler
        .run(instance, PLACE_INLINE, "at once")
        .end()
        .unwrap_err();
    assert_eq!(fault.kind, ERROR_INTERNAL);
    handler.stop(instance).unwrap();
}

#[test]
fn an_error_is_the_handlers() {
    let handler = Loaded::<Obedient>::load("errors").unwrap();
    let fault = handler.once(PLACE_INLINE, "error").unwrap_err();
    assert_eq!(fault, Fault::handler("Refused", "as asked"));
    assert_eq!(fault.kind, ERROR_HANDLER);
}

#[test]
fn a_failed_start_is_told_and_handed_to_one_run() {
    for (name, message) in [
        ("fails in start", "it is down"),
        ("panics in start", "as its name says"),
    ] {
        let handler = Loaded::<Obedient>::load(name).unwrap();
        let (instance, failed) = handler.start();
        assert!(failed.unwrap().message.contains(message));
        let fault = handler.run(instance, PLACE_INLINE, "").end().unwrap_err();
        assert_eq!(fault.name, "PassedOn");
        assert!(fault.message.contains(message), "{fault:?}");
        // The error is gone; there is nothing to run on.
        let fault = handler.run(instance, PLACE_INLINE, "").end().unwrap_err();
        assert_eq!(fault.kind, ERROR_INTERNAL);
        handler.stop(instance).unwrap();
        assert_eq!(Counts::of(name).instances(), [0, 0, 0]);
    }
}

#[test]
fn a_failed_init_says_why() {
    let fault = Loaded::<Obedient>::load("fails in init").err().unwrap();
    assert_eq!(fault, Fault::handler("NoDisk", "the disk is gone"));
    let fault = Loaded::<Obedient>::load("panics in init").err().unwrap();
    assert_eq!(fault.kind, ERROR_PANIC);
}

#[test]
fn a_panic_in_stop_comes_back_as_an_error() {
    let handler = Loaded::<Obedient>::load("panics in stop").unwrap();
    let (instance, _) = handler.start();
    assert_eq!(handler.stop(instance).unwrap_err().kind, ERROR_PANIC);
}

#[test]
fn two_runs_of_one_instance_take_turns() {
    let handler = Loaded::<Obedient>::load("takes turns").unwrap();
    let (instance, _) = handler.start();
    let mut first = handler.run(instance, PLACE_RUNTIME, "forever");
    assert!(first.poll().is_pending());
    std::thread::sleep(Duration::from_millis(5));
    let mut second = handler.run(instance, PLACE_INLINE, "at once");
    assert!(second.poll().is_pending());
    first.0.cancel.cancel();
    first.end().unwrap_err();
    second.end().unwrap();
    handler.stop(instance).unwrap();
}

fn read(stream: &mut AbiStream) -> Option<AbiChunk> {
    block_on(poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)))
}

#[test]
fn a_streamed_response_comes_to_its_end() {
    let handler = Loaded::<Obedient>::load("streams").unwrap();
    let (instance, _) = handler.start();
    let reply = handler.run(instance, PLACE_INLINE, "stream").reply();
    let mut stream = reply.stream.into_option().unwrap();
    for _ in 0..3 {
        let chunk = read(&mut stream).unwrap();
        assert_eq!(
            (chunk.kind, chunk.data.as_slice()),
            (CHUNK_DATA, &b"piece"[..])
        );
    }
    assert!(read(&mut stream).is_none());
    assert!(read(&mut stream).is_none());
    handler.stop(instance).unwrap();
}

#[test]
fn a_stream_that_panics_ends_in_an_error() {
    let handler = Loaded::<Obedient>::load("panics in the stream").unwrap();
    let (instance, _) = handler.start();
    let run = handler.run(instance, PLACE_INLINE, "stream, then panic");
    let mut stream = run.reply().stream.into_option().unwrap();
    let kinds: Vec<_> = std::iter::from_fn(|| read(&mut stream)).collect();
    let last = kinds.into_iter().next_back().unwrap();
    assert_eq!(last.kind, CHUNK_ERROR);
    let fault = Fault::from_fields(0, last.fields);
    assert_eq!(fault.message, "in the stream");
    handler.stop(instance).unwrap();
}

#[test]
fn a_stream_whose_reader_leaves_is_dropped() {
    let counts = Counts::of("reader leaves");
    let handler = Loaded::<Obedient>::load("reader leaves").unwrap();
    let (instance, _) = handler.start();
    let run = handler.run(instance, PLACE_INLINE, "endless stream");
    let mut stream = run.reply().stream.into_option().unwrap();
    assert_eq!(read(&mut stream).unwrap().kind, CHUNK_DATA);
    assert_eq!(counts.ended.load(Ordering::SeqCst), 1);
    drop(stream);
    eventually("the stream is dropped", || {
        counts.ended.load(Ordering::SeqCst) == 2
    });

    // The signal ends it as well, and says so.
    let mut run = handler.run(instance, PLACE_INLINE, "endless stream");
    let Poll::Ready(reply) = run.poll() else {
        panic!("not ready");
    };
    let mut stream = reply.stream.into_option().unwrap();
    run.0.cancel.cancel();
    let last = std::iter::from_fn(|| read(&mut stream)).last().unwrap();
    assert_eq!(last.kind, CHUNK_ERROR);
    handler.stop(instance).unwrap();
}

/// Drops another run in its own poll.
#[test]
fn a_thread_is_back_in_its_own_run_after_it_dropped_another() {
    use plugin_api_abi::glue::guard::Guard;
    use plugin_api_abi::glue::invocation::Invocation;

    fn invocation(id: &str) -> Arc<Invocation> {
        use plugin_api_abi::fields::{Fields, FieldsWriter, tag};
        let mut fields = FieldsWriter::default();
        fields.put(tag::REQUEST_ID, id.as_bytes());
        Arc::new(Invocation::new(
            Box::leak(Box::default()),
            Fields::new(fields.finish()),
            0,
        ))
    }
    struct SaysWhere(Arc<AtomicBool>);
    impl Drop for SaysWhere {
        fn drop(&mut self) {
            let id = scope::current().unwrap();
            self.0.store(id.request_id() == "inner", Ordering::SeqCst);
        }
    }

    let was_inner = Arc::new(AtomicBool::new(false));
    let says = SaysWhere(was_inner.clone());
    let inner = async move {
        let _says = says;
        pending::<()>().await;
    };
    let mut inner = Guard::new(inner, invocation("inner"), || {});
    let outer = async move {
        let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut inner).poll(cx).is_pending())).await;
        drop(inner);
        (polled, scope::current().unwrap().request_id().to_owned())
    };
    let outer = block_on(Guard::new(outer, invocation("outer"), || {}));
    assert_eq!(outer.value.unwrap(), (true, "outer".to_owned()));
    assert!(was_inner.load(Ordering::SeqCst));
    assert!(scope::current().is_none());
}

#[test]
fn attaching_from_everywhere_attaches_once() {
    let table = support::table::<Plain>();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| support::attach(table, false));
        }
    });
    let handler = Loaded::<Plain>::load("attached").unwrap();
    handler
        .run(RawInstance::NONE, PLACE_RUNTIME, "")
        .end()
        .unwrap();
}

#[test]
fn many_runs_leave_nothing_behind() {
    let rounds = 200_000;
    let handler = Loaded::<Obedient>::load("many runs").unwrap();
    let (instance, _) = handler.start();
    let many = |rounds: usize| {
        for round in 0..rounds {
            let place = if round % 16 == 0 {
                PLACE_RUNTIME
            } else {
                PLACE_INLINE
            };
            handler.run(instance, place, "at once").end().unwrap();
        }
    };
    many(rounds / 4);
    let before = resident_kib();
    many(rounds);
    let grown = resident_kib().saturating_sub(before);
    handler.stop(instance).unwrap();
    // Other tests run in this process meanwhile: one byte for each run would still be seen.
    assert!(grown < 8 * 1024, "{grown} KiB more after {rounds} runs");
}

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
