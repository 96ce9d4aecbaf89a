//! Events in, responses out.

use plugin_api::testing::Function;
use plugin_api::{Body, Bytes, Context, Error, handler};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize, PartialEq)]
struct Order {
    item: String,
    quantity: u8,
}

#[handler]
async fn double(order: Order, _ctx: Context) -> Result<Order, Error> {
    Ok(Order {
        quantity: order.quantity * 2,
        ..order
    })
}

#[handler]
fn optional(order: Option<Order>) -> bool {
    order.is_some()
}

#[handler]
async fn no_event() -> u32 {
    7
}

#[handler]
async fn nothing_at_all() {}

#[handler]
fn reverse(event: Bytes) -> Bytes {
    event.iter().rev().copied().collect()
}

#[handler]
async fn answer_in_pieces(event: Bytes) -> Body {
    let (sender, body) = Body::channel();
    tokio::spawn(async move {
        for byte in event {
            sender.send(vec![byte; 2]).await.unwrap();
        }
    });
    body
}

#[derive(Serialize)]
struct NoJson {
    #[serde(serialize_with = "refuse")]
    field: (),
}

fn refuse<S: serde::Serializer>((): &(), _: S) -> Result<S::Ok, S::Error> {
    Err(serde::ser::Error::custom("not today"))
}

#[handler]
fn not_serialisable() -> NoJson {
    NoJson { field: () }
}

#[test]
fn an_event_becomes_the_authors_type_and_back() {
    let function = Function::<double>::load().unwrap();
    let order = Order {
        item: "tea".into(),
        quantity: 2,
    };
    let doubled: Order = function.invoke(&order).unwrap();
    assert_eq!((doubled.item.as_str(), doubled.quantity), ("tea", 4));
}

#[test]
fn an_event_that_does_not_fit_names_type_and_place() {
    let function = Function::<double>::load().unwrap();
    let error = function
        .invoke_bytes("{\n  \"item\": \"tea\",\n  \"quantity\": 300\n}")
        .unwrap_err();
    assert_eq!(error.name(), "InvalidEvent");
    let text = error.to_string();
    assert!(text.contains("events::Order"), "{text}");
    assert!(text.contains("invalid value: integer `300`"), "{text}");
    assert!(text.contains("line 3 column 17"), "{text}");

    let text = function.invoke_bytes("{").unwrap_err().to_string();
    assert!(text.contains("EOF while parsing"), "{text}");
    let text = function.invoke_bytes("{} x").unwrap_err().to_string();
    assert!(text.contains("missing field `item`"), "{text}");
    let latin = b"{\"item\":\"th\xe9\",\"quantity\":1}".to_vec();
    let text = function.invoke_bytes(latin).unwrap_err().to_string();
    assert!(
        text.contains("it is not UTF-8: invalid utf-8 sequence of 1 bytes from index 11"),
        "{text}"
    );
}

#[test]
fn an_empty_event_stands_for_null() {
    let function = Function::<optional>::load().unwrap();
    assert_eq!(function.invoke_bytes("").unwrap(), "false");

    let function = Function::<double>::load().unwrap();
    let error = function.invoke_bytes("").unwrap_err();
    assert_eq!(error.name(), "InvalidEvent");
    let text = error.to_string();
    assert!(text.starts_with("the event is empty"), "{text}");
    assert!(text.contains("events::Order"), "{text}");
}

#[test]
fn a_handler_without_an_event_takes_any() {
    let function = Function::<no_event>::load().unwrap();
    for event in ["", "null", "{\"a\": [1]}", "\u{1}no json"] {
        assert_eq!(function.invoke_bytes(event).unwrap(), "7", "{event}");
    }
    let function = Function::<nothing_at_all>::load().unwrap();
    assert_eq!(function.invoke_bytes("").unwrap(), "null");
}

/// `Bytes` is bytes here, although some crate may make it a serde type: this one does.
#[test]
fn bytes_are_any_bytes() {
    fn is_serde<T: for<'de> Deserialize<'de> + Serialize>() {}
    is_serde::<Bytes>();

    let function = Function::<reverse>::load().unwrap();
    let back = function.invoke_bytes(vec![1, 0, 255]).unwrap();
    assert_eq!(back, vec![255, 0, 1]);
    assert!(function.invoke_bytes("").unwrap().is_empty());
}

#[test]
fn a_response_may_come_in_pieces() {
    let function = Function::<answer_in_pieces>::load().unwrap();
    assert_eq!(function.invoke_bytes("abc").unwrap(), "aabbcc");
}

#[test]
fn a_response_that_is_no_json_is_an_error() {
    let function = Function::<not_serialisable>::load().unwrap();
    let error = function.invoke_bytes("").unwrap_err();
    assert_eq!(error.name(), "InvalidResponse");
    let text = error.to_string();
    assert!(text.contains("events::NoJson"), "{text}");
    assert!(text.ends_with("not today"), "{text}");
}
