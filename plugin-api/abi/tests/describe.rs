//! What a handler says of its types, through its table, with nothing set up.

#![allow(
    unsafe_code,
    reason = "the host's side of the boundary (docs/safety.md)"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use plugin_api_abi::fields::{Fields, FieldsWriter, tag};
use plugin_api_abi::glue::entry::{Entry, Request, Response};
use plugin_api_abi::glue::invocation::Function;
use support::{TestError, answer, table};

/// Implements an entry that is only described.
macro_rules! entry {
    ($name:ident, $($describe:tt)*) => {
        struct $name;

        impl Entry for $name {
            const FLAGS: u64 = 0;
            $($describe)*
            type Instance = ();
            type Error = TestError;

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
                Ok(answer(""))
            }

            async fn stop(&self, (): ()) -> Result<(), TestError> {
                Ok(())
            }
        }
    };
}

struct DropsBadly;

impl Drop for DropsBadly {
    fn drop(&mut self) {
        panic!("in the destructor of a payload");
    }
}

entry! { Silent, }

entry! {
    Talks,
    const DESCRIBE: &'static [fn(&mut FieldsWriter)] = &[
        |_| panic!("not today"),
        |fields| fields.put(tag::RESPONSE_SCHEMA, b"true"),
        |_| std::panic::panic_any(DropsBadly),
        |_| {},
        |fields| fields.put(tag::EVENT_SCHEMA, b"false"),
    ];
}

fn described<E: Entry>() -> Vec<(u16, Vec<u8>)> {
    let fields = Fields::new(table::<E>().describe()());
    let values = fields.iter().map(|(tag, value)| (tag, value.to_vec()));
    values.collect()
}

#[test]
fn a_handler_may_say_nothing() {
    assert!(described::<Silent>().is_empty());
}

#[test]
fn what_panics_says_nothing_and_the_others_are_heard() {
    let expected = [
        (tag::RESPONSE_SCHEMA, b"true".to_vec()),
        (tag::EVENT_SCHEMA, b"false".to_vec()),
    ];
    assert_eq!(described::<Talks>(), expected);
}
