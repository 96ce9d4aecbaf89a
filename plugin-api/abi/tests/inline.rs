//! Runs that begin, and mostly end, in the host's call.

#![allow(
    unsafe_code,
    reason = "the host's side of the boundary (docs/safety.md)"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use std::sync::{Arc, Mutex};

use abi_stable::std_types::RResult;
use bytes::Bytes;
use plugin_api_abi::bytes::AbiBytes;
use plugin_api_abi::fault::Fault;
use plugin_api_abi::glue::entry::{Entry, Request, Response};
use plugin_api_abi::glue::invocation::{Function, Invocation};
use plugin_api_abi::types::{
    AbiCall, AbiHeader, AbiReply, ERROR_CANCELLED, ERROR_PANIC, KIND_HTTP, PLACE_RUNTIME,
    RawInstance,
};
use support::{Counts, Ended, Loaded, Run, TestError, answer, eventually, result};

/// Does what its body says, and answers with the head of its request.
struct Obedient {
    counts: Arc<Counts>,
    kept: Mutex<Vec<Arc<Invocation>>>,
}

struct DropsBadly;

impl Drop for DropsBadly {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

/// Says when the handler itself is dropped.
impl Drop for Obedient {
    fn drop(&mut self) {
        Counts::add(&self.counts.dropped);
    }
}

fn head(request: &Request<'_>) -> String {
    request.invocation.head(|head| {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut said = format!("{} {} {}", text(head.method), text(head.uri), head.version);
        for (name, value) in head.headers {
            said.push_str(&format!(" {}={}", text(name), text(value)));
        }
        said
    })
}

impl Entry for Obedient {
    const FLAGS: u64 = 0;
    type Instance = ();
    type Error = TestError;

    async fn init(function: &'static Function) -> Result<Self, TestError> {
        Ok(Self {
            counts: Counts::of(&function.name),
            kept: Mutex::default(),
        })
    }

    async fn start(&self) -> Result<(), TestError> {
        Ok(())
    }

    async fn run(
        &self,
        _: Result<&mut (), TestError>,
        request: Request<'_>,
    ) -> Result<Response, TestError> {
        let _ended = Ended(self.counts.clone());
        match &*request.body {
            b"panic" => panic!("as asked"),
            b"drop badly" => {
                let _bad = DropsBadly;
            }
            b"wait" => tokio::task::yield_now().await,
            b"forever" => std::future::pending().await,
            b"keep" => self.kept.lock().unwrap().push(request.invocation.keep()),
            b"what was kept" => {
                let kept = self.kept.lock().unwrap();
                let ids: Vec<_> = kept.iter().map(|run| run.request_id()).collect();
                return Ok(answer(ids.join(" ")));
            }
            b"large" => {
                let room = [7_u8; 5000];
                tokio::task::yield_now().await;
                return Ok(answer(room.len().to_string()));
            }
            b"id" => return Ok(answer(request.invocation.request_id().to_owned())),
            _ => {}
        }
        Ok(answer(head(&request)))
    }

    async fn stop(&self, (): ()) -> Result<(), TestError> {
        Ok(())
    }
}

fn done(begun: RResult<AbiReply, Run>) -> Result<Bytes, Fault> {
    let RResult::ROk(reply) = begun else {
        panic!("it goes on");
    };
    result(reply)
}

fn goes_on(begun: RResult<AbiReply, Run>) -> Run {
    let RResult::RErr(run) = begun else {
        panic!("it is done");
    };
    run
}

fn load(name: &str) -> (Loaded<Obedient>, RawInstance) {
    let handler = Loaded::load(name).unwrap();
    let (instance, failed) = handler.start();
    assert_eq!(failed, None);
    (handler, instance)
}

const HEAD: &str = "POST /a?b 20 host=h x-y=z";

fn http(
    handler: &Loaded<Obedient>,
    instance: RawInstance,
    body: &'static str,
) -> RResult<AbiReply, Run> {
    // As a host does: it is all gone when the call is over.
    let (method, uri) = ("POST".to_owned(), "/a?b".to_owned());
    let names = ["host".to_owned(), "x-y".to_owned()];
    let headers = [
        AbiHeader {
            name: names[0].as_str().into(),
            value: b"h".as_slice().into(),
        },
        AbiHeader {
            name: names[1].as_str().into(),
            value: b"z".as_slice().into(),
        },
    ];
    handler.call(instance, |call| AbiCall {
        kind: KIND_HTTP,
        version: 20,
        method: method.as_str().into(),
        uri: uri.as_str().into(),
        headers: headers.as_slice().into(),
        body: AbiBytes::from_static(body.as_bytes()),
        ..call
    })
}

#[test]
fn who_does_not_wait_is_done_in_the_call() {
    let (handler, instance) = load("does not wait");
    for id in ["one", "two", "a longer one"] {
        assert_eq!(done(handler.run_inline(id, instance, "id")).unwrap(), id);
    }
    assert_eq!(done(http(&handler, instance, "")).unwrap(), HEAD);
    // What was lent to one run is not there for the next.
    let event = done(handler.run_inline("", instance, ""));
    assert_eq!(event.unwrap(), "  11");
    handler.stop(instance).unwrap();
}

#[test]
fn who_waits_goes_on_elsewhere() {
    let (handler, instance) = load("waits");
    let run = goes_on(handler.run_inline("id", instance, "wait"));
    assert_eq!(run.end().unwrap(), "  11");
    // Whether it fits into a room or not.
    let run = goes_on(handler.run_inline("id", instance, "large"));
    assert_eq!(run.end().unwrap(), "5000");
    assert_eq!(
        done(handler.run_inline("after", instance, "id")).unwrap(),
        "after"
    );
    handler.stop(instance).unwrap();
}

#[test]
fn a_head_is_there_for_who_reads_it_after_the_call() {
    let (handler, instance) = load("reads later");
    assert_eq!(
        goes_on(http(&handler, instance, "wait")).end().unwrap(),
        HEAD
    );
    // So it is for who waits for its instance.
    let mut first = handler.run(instance, PLACE_RUNTIME, "forever");
    assert!(first.poll().is_pending());
    std::thread::sleep(std::time::Duration::from_millis(5));
    let second = goes_on(http(&handler, instance, ""));
    first.0.cancel.cancel();
    first.end().unwrap_err();
    assert_eq!(second.end().unwrap(), HEAD);
    handler.stop(instance).unwrap();
}

#[test]
fn a_panic_is_a_fault_and_the_instance_is_damaged() {
    for event in ["panic", "drop badly"] {
        let (handler, instance) = load(event);
        let fault = done(handler.run_inline("", instance, event)).unwrap_err();
        assert_eq!(fault.kind, ERROR_PANIC);
        assert!(fault.location.unwrap().contains("inline.rs:"));
        assert!(done(handler.run_inline("", instance, "id")).is_err());
        handler.stop(instance).unwrap();
    }
}

#[test]
fn a_context_that_is_kept_stays_what_it_was() {
    let (handler, instance) = load("keeps");
    for id in ["first", "second"] {
        done(handler.run_inline(id, instance, "keep")).unwrap();
        done(handler.run_inline("between", instance, "id")).unwrap();
    }
    let kept = done(handler.run_inline("", instance, "what was kept"));
    assert_eq!(kept.unwrap(), "first second");
    handler.stop(instance).unwrap();
}

#[test]
fn a_run_that_goes_on_can_be_cancelled_or_let_go_of() {
    let (handler, instance) = load("goes on");
    let counts = Counts::of("goes on");
    let run = goes_on(handler.run_inline("", instance, "forever"));
    run.0.cancel.cancel();
    assert_eq!(run.end().unwrap_err().kind, ERROR_CANCELLED);
    for polled in [false, true] {
        let mut run = goes_on(handler.run_inline("", instance, "forever"));
        if polled {
            assert!(run.poll().is_pending());
        }
        drop(run);
    }
    eventually("they end", || {
        counts.ended.load(std::sync::atomic::Ordering::SeqCst) == 3
    });
    handler.stop(instance).unwrap();
}

/// The host lets go of a handler when its last run is done; should it be hasty, what a run uses is
/// still there.
#[test]
fn a_run_that_goes_on_counts_what_it_uses() {
    let (handler, instance) = load("outlives");
    let counts = Counts::of("outlives");
    let dropped = || counts.dropped.load(std::sync::atomic::Ordering::SeqCst);
    let run = goes_on(handler.run_inline("", instance, "wait"));
    handler.stop_later(instance);
    drop(handler);
    assert_eq!(dropped(), 0);
    assert_eq!(run.end().unwrap(), "  11");
    eventually("the handler goes", || dropped() == 1);
}

#[test]
fn threads_that_come_and_go_leave_nothing_behind() {
    let (handler, instance) = load("threads");
    for _ in 0..20 {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..10 {
                    done(handler.run_inline("id", instance, "id")).unwrap();
                }
            });
        });
    }
    handler.stop(instance).unwrap();
}
