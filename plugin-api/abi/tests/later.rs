//! A plugin that is set up when that is first needed. One test: it is set up once in a process.

#![allow(
    unsafe_code,
    reason = "the host's side of the boundary (docs/safety.md)"
)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::time::Duration;

use plugin_api_abi::fields::{FieldsWriter, tag};
use plugin_api_abi::glue::entry::{Entry, Request, Response};
use plugin_api_abi::glue::invocation::Function;
use plugin_api_abi::types::{FLAG_STATELESS, PLACE_INLINE, RawInstance};
use support::{HOST, Loaded, TestError, answer, eventually, table};

/// A handler that is there without an `init`.
struct Ready;

impl Entry for Ready {
    const FLAGS: u64 = FLAG_STATELESS;
    type Instance = ();
    type Error = TestError;

    fn stateless() -> Option<()> {
        Some(())
    }

    fn without_init() -> Option<Self> {
        Some(Self)
    }

    async fn init(_: &'static Function) -> Result<Self, TestError> {
        unreachable!("it is there without")
    }

    async fn start(&self) -> Result<(), TestError> {
        Ok(())
    }

    async fn run(
        &self,
        _: Result<&mut (), TestError>,
        _: Request<'_>,
    ) -> Result<Response, TestError> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(answer("awake"))
    }

    async fn stop(&self, (): ()) -> Result<(), TestError> {
        Ok(())
    }
}

/// How many threads the plugin's runtime has.
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim_end() == "plugin").count()
}

#[test]
fn a_runtime_is_made_when_it_is_needed_or_asked_for() {
    let table = table::<Ready>();
    let mut later = FieldsWriter::default();
    later.put(tag::THREADS, &2_u32.to_le_bytes());
    later.put(tag::SET_UP_LATER, &[1]);
    assert!(table.attach()(HOST, later.finish()).is_ok());
    let loaded = Loaded::<Ready>::init("ready").unwrap();
    assert_eq!(threads(), 0);

    // What the first call said of the runtime stands.
    assert!(table.attach()(HOST, FieldsWriter::default().finish()).is_ok());
    eventually("two threads", || threads() == 2);
    for _ in 0..2 {
        let result = loaded.run(RawInstance::NONE, PLACE_INLINE, "").end();
        assert_eq!(result.unwrap(), "awake");
    }
}
