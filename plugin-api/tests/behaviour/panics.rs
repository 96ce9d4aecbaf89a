//! A panic is an error of its own kind.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use plugin_api::testing::Function;
use plugin_api::{Context, Error, Handler, InitContext, handler};

struct DropsBadly;

impl Drop for DropsBadly {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

#[handler]
async fn panics_in_many_ways(how: String) -> String {
    match how.as_str() {
        "text" => panic!("out of {}", "paper"),
        "index" => {
            let list: Vec<u8> = Vec::with_capacity(how.len());
            return list[how.len()].to_string();
        }
        "value" => panic_any(7),
        "bad payload" => panic_any(DropsBadly),
        "later" => {
            tokio::task::yield_now().await;
            panic!("after an await");
        }
        "destructor" => {
            let _bad = DropsBadly;
            tokio::task::yield_now().await;
        }
        "resumed" => {
            let inner = catch_unwind(|| panic!("caught and forgotten"));
            assert!(inner.is_err());
            resume_unwind(Box::new("resumed with this"));
        }
        "in a task" => {
            let task = tokio::spawn(async { panic!("in a task of its own") });
            resume_unwind(task.await.unwrap_err().into_panic());
        }
        "caught" => {
            let inner = catch_unwind(AssertUnwindSafe(|| panic!("caught")));
            return inner.is_err().to_string();
        }
        _ => {}
    }
    "no panic".to_owned()
}

#[test]
fn a_panic_says_what_and_where() {
    let function = Function::<panics_in_many_ways>::load().unwrap();
    for (how, message, has_place) in [
        ("text", "out of paper", true),
        ("index", "index out of bounds", true),
        ("value", "panicked with a value that is no text", true),
        ("bad payload", "panicked with a value that is no text", true),
        ("later", "after an await", true),
        ("destructor", "in a destructor", true),
        ("resumed", "resumed with this", false),
        ("in a task", "in a task of its own", false),
    ] {
        let error = function.invoke::<String>(&how).unwrap_err();
        assert_eq!(error.name(), "Runtime.Panic", "{how}");
        assert!(error.to_string().starts_with(message), "{how}: {error}");
        let shown = format!("{error:?}");
        assert_eq!(shown.contains("panics.rs:"), has_place, "{how}: {shown}");
    }
    assert_eq!(function.invoke::<String>(&"caught").unwrap(), "true");
    assert_eq!(function.invoke::<String>(&"not").unwrap(), "no panic");
}

static STARTED: AtomicU32 = AtomicU32::new(0);
static STOPPED: AtomicU32 = AtomicU32::new(0);
static DROPPED: AtomicU32 = AtomicU32::new(0);

struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

struct Fragile;

#[handler]
impl Handler for Fragile {
    type Event = bool;
    type Response = ();
    type Instance = Counted;

    async fn init(_: &InitContext) -> Result<Self, Error> {
        Ok(Self)
    }

    async fn start(&self) -> Result<Counted, Error> {
        STARTED.fetch_add(1, Ordering::Relaxed);
        Ok(Counted)
    }

    async fn run(
        &self,
        _: Result<&mut Counted, Error>,
        panics: bool,
        _: Context,
    ) -> Result<(), Error> {
        assert!(!panics, "as asked");
        Ok(())
    }

    async fn stop(&self, _: Counted) -> Result<(), Error> {
        STOPPED.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn an_instance_that_panicked_is_dropped_and_not_stopped() {
    let counts = || [&STARTED, &STOPPED, &DROPPED].map(|count| count.load(Ordering::Relaxed));
    let function = Function::<Fragile>::load().unwrap();
    function.invoke::<()>(&false).unwrap();
    function.invoke::<()>(&false).unwrap();
    assert_eq!(counts(), [1, 0, 0]);
    function.invoke::<()>(&true).unwrap_err();
    assert_eq!(counts(), [1, 0, 1]);
    function.invoke::<()>(&false).unwrap();
    assert_eq!(counts(), [2, 0, 1]);
    function.stop().unwrap();
    assert_eq!(counts(), [2, 1, 2]);
}
