//! What a plugin logs, as the host gets it.

#![allow(
    unsafe_code,
    reason = "the host's side of the boundary (docs/safety.md)"
)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;

use plugin_api_abi::fault::Fault;
use plugin_api_abi::glue::entry::{Entry, Request, Response};
use plugin_api_abi::glue::invocation::Function;
use plugin_api_abi::types::{
    ERROR_PANIC, FIELD_BOOL, FIELD_DEBUG, FIELD_F64, FIELD_I64, FIELD_STR, FIELD_U64,
    FLAG_STATELESS, PLACE_INLINE, PLACE_RUNTIME, PLACE_THREAD, RawInstance,
};
use support::{ASKED, LINES, Line, Loaded, TestError, answer, eventually};
use tracing::Instrument as _;

struct Talkative;

struct PanicsInDebug;

impl fmt::Debug for PanicsInDebug {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("in Debug")
    }
}

struct LogsInDebug;

impl fmt::Debug for LogsInDebug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tracing::info!("from within");
        f.write_str("LogsInDebug")
    }
}

#[tracing::instrument(fields(late))]
async fn instrumented(order: u32) {
    tracing::info!("early");
    tokio::task::yield_now().await;
    tracing::Span::current().record("late", "now");
    tracing::info!("later");
}

async fn kinds() {
    let error = std::io::Error::other("gone");
    let error: &dyn std::error::Error = &error;
    tracing::warn!(
        target: "shop::orders",
        text = "a \"text\"",
        signed = -1,
        unsigned = u64::MAX,
        float = 0.5,
        yes = true,
        debug = ?Some(1),
        display = %"shown",
        error,
        "{} of them", 9
    );
}

async fn spans() {
    let outer = tracing::info_span!("outer", a = 1, b = "x");
    async {
        let inner = tracing::info_span!("inner");
        let _inner = inner.enter();
        tracing::info!("nested");
    }
    .instrument(outer)
    .await;
    tracing::info!("outside");
    tracing::info!(parent: &tracing::info_span!("explicit"), "parent given");
}

async fn tasks() {
    let without = tokio::spawn(async { tracing::info!("a task alone") });
    let with = tokio::spawn(
        async {
            tokio::task::yield_now().await;
            tracing::info!("a task in the current span");
            let deeper = async { tracing::info!("a task of a task") };
            tokio::spawn(deeper.in_current_span()).await.unwrap();
            let named = async { tracing::info!("a task in a named span") };
            let named = named.instrument(tracing::info_span!("named"));
            tokio::spawn(named).await.unwrap();
        }
        .in_current_span(),
    );
    without.await.unwrap();
    with.await.unwrap();
    let span = tracing::Span::current();
    let thread = std::thread::spawn(move || span.in_scope(|| tracing::info!("a thread")));
    thread.join().unwrap();
}

fn records() {
    log::error!(target: "old::style", "an error");
    log::debug!("{} and {}", 1, 2);
    log::trace!("too quiet");
    log::info!(target: "muted", "nobody hears it");
}

impl Entry for Talkative {
    const FLAGS: u64 = FLAG_STATELESS;
    type Instance = ();
    type Error = TestError;

    fn stateless() -> Option<()> {
        Some(())
    }

    async fn init(_: &'static Function) -> Result<Self, TestError> {
        tracing::info!(target: "lifecycle", "init");
        Ok(Self)
    }

    async fn start(&self) -> Result<(), TestError> {
        Ok(())
    }

    async fn run(
        &self,
        _: Result<&mut (), TestError>,
        request: Request<'_>,
    ) -> Result<Response, TestError> {
        match &*request.body {
            b"kinds" => kinds().await,
            b"spans" => spans().await,
            b"instrumented" => instrumented(7).await,
            b"tasks" => tasks().await,
            b"records" => records(),
            b"quiet" => {
                for _ in 0..10 {
                    tracing::trace!(cost = ?PanicsInDebug, "too quiet");
                    tracing::info!(target: "muted", cost = ?PanicsInDebug, "nobody hears it");
                    let _span = tracing::info_span!(target: "muted", "span").entered();
                }
            }
            b"panics in a field" => tracing::info!(bad = ?PanicsInDebug, "never seen"),
            b"panics in a span" => {
                let span = tracing::info_span!("span", good = 1, bad = tracing::field::Empty);
                let inner = span.clone();
                let caught = std::panic::catch_unwind(AssertUnwindSafe(move || {
                    inner.record("bad", tracing::field::debug(PanicsInDebug));
                }));
                assert!(caught.is_err());
                span.in_scope(|| tracing::info!("the span still works"));
            }
            b"logs in a field" => tracing::info!(field = ?LogsInDebug, "outside"),
            b"panic" => panic!("as asked"),
            b"panic in a task" => {
                let task = tokio::spawn(async { panic!("far away") }.in_current_span());
                assert!(task.await.is_err());
            }
            _ => {}
        }
        Ok(answer(""))
    }

    async fn stop(&self, (): ()) -> Result<(), TestError> {
        Ok(())
    }
}

fn run(id: &str, place: u32, event: &'static str) -> Result<(), Fault> {
    let handler = Loaded::<Talkative>::load("talkative").unwrap();
    let run = handler.run_as(id, RawInstance::NONE, place, event);
    run.end().map(drop)
}

fn lines(is_wanted: impl Fn(&Line) -> bool) -> Vec<Line> {
    let lines = LINES.lock().unwrap();
    lines
        .iter()
        .filter(|line| is_wanted(line))
        .cloned()
        .collect()
}

fn lines_of(id: &str) -> Vec<Line> {
    lines(|line| line.request_id == id)
}

fn texts(lines: &[Line]) -> Vec<(&str, &str)> {
    lines
        .iter()
        .map(|line| (line.spans.as_str(), line.message.as_str()))
        .collect()
}

#[test]
fn a_record_arrives_whole() {
    run("id-kinds", PLACE_INLINE, "kinds").unwrap();
    let [line] = &lines_of("id-kinds")[..] else {
        panic!("not one line")
    };
    assert_eq!(line.level, 2);
    assert_eq!(line.target, "shop::orders");
    assert_eq!(line.message, "9 of them");
    assert!(line.file.ends_with("logs.rs"));
    assert!(line.line > 0);
    let field = |name: &str, kind, num, text: &str| (name.to_owned(), kind, num, text.to_owned());
    let expected = [
        field("text", FIELD_STR, 0, "a \"text\""),
        field("signed", FIELD_I64, (-1_i64).cast_unsigned(), ""),
        field("unsigned", FIELD_U64, u64::MAX, ""),
        field("float", FIELD_F64, 0.5_f64.to_bits(), ""),
        field("yes", FIELD_BOOL, 1, ""),
        field("debug", FIELD_DEBUG, 0, "Some(1)"),
        field("display", FIELD_DEBUG, 0, "shown"),
        field("error", FIELD_DEBUG, 0, "gone"),
    ];
    assert_eq!(line.fields, expected);
}

#[test]
fn spans_stand_around_their_events() {
    run("id-spans", PLACE_INLINE, "spans").unwrap();
    let expected = [
        ("outer{a=1 b=\"x\"}:inner", "nested"),
        ("", "outside"),
        ("explicit", "parent given"),
    ];
    assert_eq!(texts(&lines_of("id-spans")), expected);

    run("id-instrumented", PLACE_RUNTIME, "instrumented").unwrap();
    let expected = [
        ("instrumented{order=7}", "early"),
        ("instrumented{order=7 late=\"now\"}", "later"),
    ];
    assert_eq!(texts(&lines_of("id-instrumented")), expected);
}

#[test]
fn the_request_id_goes_where_the_current_span_goes() {
    for place in [PLACE_INLINE, PLACE_RUNTIME, PLACE_THREAD] {
        let id = format!("id-tasks-{place}");
        run(&id, place, "tasks").unwrap();
        let expected = [
            ("", "a task in the current span"),
            ("", "a task of a task"),
            ("named", "a task in a named span"),
            ("", "a thread"),
        ];
        assert_eq!(texts(&lines_of(&id)), expected, "{place}");
    }
    let alone = lines(|line| line.message == "a task alone");
    assert_eq!(alone.len(), 3);
    assert!(alone.iter().all(|line| line.request_id.is_empty()));
    let init = lines(|line| line.target == "lifecycle");
    assert!(!init.is_empty() && init.iter().all(|line| line.request_id.is_empty()));
}

#[test]
fn records_of_log_arrive_with_their_place() {
    run("id-records", PLACE_THREAD, "records").unwrap();
    let lines = lines_of("id-records");
    assert_eq!(texts(&lines), [("", "an error"), ("", "1 and 2")]);
    assert_eq!(
        (lines[0].level, lines[0].target.as_str()),
        (1, "old::style")
    );
    assert_eq!((lines[1].level, lines[1].target.as_str()), (4, "logs"));
    assert!(
        lines
            .iter()
            .all(|line| line.file.ends_with("logs.rs") && line.line > 0)
    );
}

#[test]
fn what_nobody_wants_is_not_even_made() {
    run("id-quiet", PLACE_INLINE, "quiet").unwrap();
    assert!(lines_of("id-quiet").is_empty());
}

#[test]
fn a_field_that_panics_is_a_panic_of_the_handler() {
    let fault = run("id-bad-field", PLACE_INLINE, "panics in a field").unwrap_err();
    assert_eq!((fault.kind, &*fault.message), (ERROR_PANIC, "in Debug"));
    run("id-bad-span", PLACE_INLINE, "panics in a span").unwrap();
    let lines = lines_of("id-bad-span");
    assert_eq!(
        texts(&lines).last(),
        Some(&("span{good=1}", "the span still works"))
    );
}

#[test]
fn a_field_that_logs_does_not_lock_up() {
    run("id-logs-in-field", PLACE_INLINE, "logs in a field").unwrap();
    let expected = [("", "from within"), ("", "outside")];
    assert_eq!(texts(&lines_of("id-logs-in-field")), expected);
}

#[test]
fn a_panic_is_logged_where_it_happens() {
    run("id-panic", PLACE_INLINE, "panic").unwrap_err();
    let [line] = &lines_of("id-panic")[..] else {
        panic!("not one line")
    };
    assert_eq!((line.level, line.target.as_str()), (1, "plugin::panic"));
    assert!(line.message.contains("logs.rs"), "{}", line.message);
    assert!(line.message.ends_with(": as asked"), "{}", line.message);

    run("id-task-panic", PLACE_INLINE, "panic in a task").unwrap();
    let far_away = || lines(|line| line.message.ends_with(": far away"));
    eventually("the panic is logged", || far_away().len() == 1);
}

/// A callsite asks once, whatever comes of it.
#[test]
fn a_disabled_level_does_not_ask_the_host_each_time() {
    run("id-quiet-1", PLACE_INLINE, "quiet").unwrap();
    // Other tests' callsites may be new, and ask; thousands of events here would show.
    let before = ASKED.load(Ordering::SeqCst);
    let handler = Loaded::<Talkative>::load("talkative").unwrap();
    for _ in 0..1000 {
        let run = handler.run_as("id-quiet-2", RawInstance::NONE, PLACE_INLINE, "quiet");
        run.end().unwrap();
    }
    assert!(ASKED.load(Ordering::SeqCst) - before < 1000);
}
