//! What handlers say of their types before they run.
//!
//! With the feature `schema`, schemas as well; without it, types say only what they did before.

use plugin_api::http::{Request, Response};
use plugin_api::{Body, Bytes, Context, Error, Handler, InitContext, handler};
use plugin_api_abi::fields::{Fields, FieldsWriter, tag};
use plugin_api_abi::glue::entry::Entry;
use serde::Serialize;

#[derive(Default, Serialize)]
struct Reply {
    text: String,
    count: u8,
}

#[derive(Serialize)]
struct NoDefault {
    text: String,
}

#[derive(Serialize)]
struct Panics;

impl Default for Panics {
    fn default() -> Self {
        panic!("not today")
    }
}

/// Its default cannot be JSON.
#[derive(Default, Serialize)]
struct NoJson {
    #[serde(serialize_with = "refuse")]
    field: (),
}

fn refuse<S: serde::Serializer>((): &(), _: S) -> Result<S::Ok, S::Error> {
    Err(serde::ser::Error::custom("not today"))
}

#[handler]
fn reply() -> Result<Reply, Error> {
    Ok(Reply::default())
}

#[handler]
fn bare_reply() -> Reply {
    Reply::default()
}

type Answer<T> = Result<T, Error>;

#[handler]
fn aliased() -> Answer<Reply> {
    Ok(Reply::default())
}

#[handler]
fn no_default() -> NoDefault {
    let text = String::new();
    NoDefault { text }
}

#[handler]
fn aliased_no_default() -> Answer<NoDefault> {
    let text = String::new();
    Ok(NoDefault { text })
}

#[handler]
fn nothing() {}

#[handler]
fn bytes(event: Bytes) -> Bytes {
    event
}

#[handler]
fn streamed(event: Bytes) -> Answer<Body> {
    Ok(event.into())
}

#[handler]
fn site(request: Request<Body>) -> Result<Response<Body>, Error> {
    Ok(Response::new(request.into_body()))
}

#[handler]
fn aliased_site(_: Request<Body>) -> Answer<Response<String>> {
    Ok(Response::default())
}

#[handler]
fn panics() -> Panics {
    Panics
}

#[handler]
fn no_json() -> NoJson {
    NoJson { field: () }
}

struct Counter;

#[handler]
impl Handler for Counter {
    type Event = Bytes;
    type Response = Option<u64>;
    type Instance = ();

    async fn init(_: &InitContext) -> Result<Self, Error> {
        Err("never initialised".into())
    }

    async fn start(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn run(
        &self,
        _: Result<&mut (), Error>,
        _: Bytes,
        _: Context,
    ) -> Result<Option<u64>, Error> {
        Ok(Some(1))
    }
}

/// All that a handler says; what panics says nothing.
fn described<E: Entry>() -> Fields {
    let mut fields = FieldsWriter::default();
    for describe in E::DESCRIBE {
        let describe = std::panic::AssertUnwindSafe(|| describe(&mut fields));
        let _ = std::panic::catch_unwind(describe);
    }
    Fields::new(fields.finish())
}

fn empty<E: Entry>() -> Option<String> {
    let fields = described::<E>();
    assert_eq!(fields.get(tag::STATUS), None);
    fields.text(tag::EMPTY_RESPONSE).map(str::to_owned)
}

#[test]
fn a_response_with_a_default_has_an_empty_value() {
    let json = r#"{"text":"","count":0}"#;
    assert_eq!(empty::<reply>().as_deref(), Some(json));
    assert_eq!(empty::<bare_reply>().as_deref(), Some(json));
    assert_eq!(empty::<aliased>().as_deref(), Some(json));
    assert_eq!(empty::<nothing>().as_deref(), Some("null"));
    assert_eq!(empty::<Counter>().as_deref(), Some("null"));
}

#[test]
fn a_response_without_a_default_has_none() {
    assert_eq!(empty::<no_default>(), None);
    assert_eq!(empty::<aliased_no_default>(), None);
    assert_eq!(empty::<panics>(), None);
    assert_eq!(empty::<no_json>(), None);
}

#[test]
fn the_empty_value_of_bytes_is_no_bytes() {
    // `Bytes` has a default and is a serde type in this build: it is not JSON all the same.
    assert_eq!(empty::<bytes>().as_deref(), Some(""));
    assert_eq!(empty::<streamed>().as_deref(), Some(""));
}

#[test]
fn the_empty_value_for_the_web_is_an_empty_200() {
    for fields in [described::<site>(), described::<aliased_site>()] {
        assert_eq!(fields.get(tag::STATUS), Some(&200_u16.to_le_bytes()[..]));
        assert_eq!(fields.get(tag::EMPTY_RESPONSE), Some(&b""[..]));
    }
}

#[test]
fn a_type_without_a_schema_says_nothing_of_one() {
    for fields in [described::<reply>(), described::<site>()] {
        assert_eq!(fields.get(tag::RESPONSE_SCHEMA), None);
        assert_eq!(fields.get(tag::EVENT_SCHEMA), None);
    }
}

#[cfg(feature = "schema")]
mod schema {
    use super::*;
    use plugin_api::schemars::{self, JsonSchema};
    use serde::Deserialize;

    /// What goes in has other rules than what comes out.
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Order {
        item: String,
        #[serde(default)]
        count: u8,
    }

    #[handler]
    fn same(order: Order) -> Result<Order, Error> {
        Ok(order)
    }

    #[handler]
    fn other_name(order: Order) -> Answer<Order> {
        Ok(order)
    }

    fn required(fields: &Fields, tag: u16) -> serde_json::Value {
        let schema = fields.get(tag).unwrap();
        let schema: serde_json::Value = serde_json::from_slice(schema).unwrap();
        assert_eq!(schema["properties"]["item"]["type"], "string");
        schema["required"].clone()
    }

    #[test]
    fn each_side_has_its_own() {
        for fields in [described::<same>(), described::<other_name>()] {
            let event = required(&fields, tag::EVENT_SCHEMA);
            assert_eq!(event, serde_json::json!(["item"]));
            let response = required(&fields, tag::RESPONSE_SCHEMA);
            assert_eq!(response, serde_json::json!(["item", "count"]));
        }
    }
}
