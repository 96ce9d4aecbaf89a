//! Where runs execute, and what they leave on threads and in instances.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use plugin_api_abi::glue::own_thread::block_on;
use plugin_api_abi::glue::scope;
use plugin_api_abi::types::{ERROR_PANIC, PLACE_INLINE, PLACE_RUNTIME, PLACE_THREAD, RawInstance};

use crate::support::Loaded;
use crate::{Obedient, PLACES, Plain, is_here};

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
    let table = crate::support::table::<Plain>();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| crate::support::attach(table, false));
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
