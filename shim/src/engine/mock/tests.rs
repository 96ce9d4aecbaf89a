//! Mocked functions, of made-up handlers and of one that describes itself.

use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{MAX_ANSWER, Mock, MockAnswer, MockError};
use crate::invocation::{
    Accepts, Answer, Body, ErrorKind, Invocation, Invoke as _, Outcome, Payload,
};
use crate::plugin::{Description, Plugin, ResponseKind};

const JSON: Accepts = Accepts::Event {
    json: true,
    json_response: true,
};

fn described(response: ResponseKind) -> Description {
    Description {
        accepts: JSON,
        response,
        empty_response: None,
        response_schema: None,
        event_schema: None,
        errors: vec!["NotFound".to_owned(), "Orders.Closed".to_owned()],
    }
}

fn mock(description: &Description, answer: MockAnswer) -> Result<Mock, MockError> {
    Mock::new("orders", description, answer)
}

async fn invoke(mock: &Mock) -> Outcome {
    let event = Payload::Event(Bytes::from_static(b"{}"));
    mock.invoke(Invocation::new(event)).await.unwrap()
}

fn whole(body: Body) -> Bytes {
    match body {
        Body::Empty => Bytes::new(),
        Body::Full(bytes) => bytes,
        Body::Stream(_) => panic!("streamed"),
    }
}

/// The response to an event.
async fn response(mock: &Mock) -> Bytes {
    match invoke(mock).await.result {
        Ok(Answer::Event(body)) => whole(body),
        other => panic!("{other:?}"),
    }
}

async fn web_response(mock: &Mock) -> http::Response<Bytes> {
    match invoke(mock).await.result {
        Ok(Answer::Http(response)) => response.map(whole),
        other => panic!("{other:?}"),
    }
}

fn file(name: &str, text: &[u8]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    (folder, path)
}

#[tokio::test]
async fn the_empty_value_is_answered_again_and_again() {
    let description = Description {
        empty_response: Some("{\"number\":0}".into()),
        ..described(ResponseKind::Json)
    };
    let mock = mock(&description, MockAnswer::Empty).unwrap();
    assert_eq!((mock.name(), mock.accepts()), ("orders", JSON));
    for _ in 0..2 {
        assert_eq!(response(&mock).await, "{\"number\":0}");
        assert!(!invoke(&mock).await.cold_start);
    }
}

#[tokio::test]
async fn without_a_default_there_is_an_empty_answer_all_the_same() {
    let empty = |kind| mock(&described(kind), MockAnswer::Empty).unwrap();
    assert_eq!(response(&empty(ResponseKind::Json)).await, "null");
    assert_eq!(response(&empty(ResponseKind::Bytes)).await, "");
    let response = web_response(&empty(ResponseKind::Http)).await;
    assert_eq!(
        (response.status().as_u16(), response.body().len()),
        (200, 0)
    );
    assert!(response.headers().is_empty());
}

#[tokio::test]
async fn a_file_is_answered_byte_for_byte() {
    let text = b"{ \"number\" : 7 }\n";
    let (_folder, path) = file("answer.json", text);
    let answer = MockAnswer::File(path.clone());
    let json = mock(&described(ResponseKind::Json), answer.clone()).unwrap();
    assert_eq!(response(&json).await, &text[..]);
    let web = mock(&described(ResponseKind::Http), answer).unwrap();
    let found = web_response(&web).await;
    assert_eq!(found.headers()["content-type"], "application/json");
    assert_eq!(found.body(), &text[..]);

    // It was read once.
    fs::remove_file(&path).unwrap();
    assert_eq!(response(&json).await, &text[..]);

    let (_folder, path) = file("any", b"\xff\x00");
    let bytes = mock(
        &described(ResponseKind::Bytes),
        MockAnswer::File(path.clone()),
    )
    .unwrap();
    assert_eq!(response(&bytes).await, &b"\xff\x00"[..]);
    let web = mock(&described(ResponseKind::Http), MockAnswer::File(path)).unwrap();
    assert!(web_response(&web).await.headers().is_empty());
}

#[test]
fn a_file_that_is_no_json_is_told_with_line_and_column() {
    let (_folder, path) = file("answer.json", b"{\n  \"a\": 1,\n  b\n}\n");
    let error = mock(
        &described(ResponseKind::Json),
        MockAnswer::File(path.clone()),
    )
    .unwrap_err();
    let expected = format!(
        "{}:3:3: key must be a string; the handler of `orders` answers with JSON",
        path.display()
    );
    assert_eq!(error.to_string(), expected);
    let (_folder, path) = file("answer.json", b"");
    let error = mock(&described(ResponseKind::Json), MockAnswer::File(path)).unwrap_err();
    assert!(
        matches!(error, MockError::NotJson { line: 1, .. }),
        "{error}"
    );
}

#[test]
fn a_file_that_cannot_be_answered_is_told() {
    let missing = MockAnswer::File("/nowhere/answer.json".into());
    let error = mock(&described(ResponseKind::Json), missing).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("cannot read the mocked answer /nowhere/answer.json: "),
        "{text}"
    );

    let (_folder, path) = file("answer", &vec![b'0'; MAX_ANSWER]);
    assert!(mock(&described(ResponseKind::Bytes), MockAnswer::File(path)).is_ok());
    let (_folder, path) = file("answer", &vec![b'0'; MAX_ANSWER + 1]);
    let error = mock(
        &described(ResponseKind::Bytes),
        MockAnswer::File(path.clone()),
    )
    .unwrap_err();
    assert_eq!(error, MockError::TooLong { path });
}

#[tokio::test]
async fn random_answers_are_repeatable_with_a_seed() {
    let description = Description {
        response_schema: Some(json!({"type": "string", "format": "uuid"})),
        ..described(ResponseKind::Json)
    };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for answers in [&mut first, &mut second] {
        let mock = mock(&description, MockAnswer::Random { seed: Some(1) }).unwrap();
        for _ in 0..3 {
            answers.push(response(&mock).await);
        }
    }
    assert_eq!(first, second);
    assert_ne!(first[0], first[1]);
}

#[test]
fn a_random_answer_needs_a_schema_that_can_be_met() {
    let random = |description: &Description| {
        let error = mock(description, MockAnswer::Random { seed: None }).unwrap_err();
        error.to_string()
    };
    let json = described(ResponseKind::Json);
    assert!(
        random(&json).contains("derive `JsonSchema`"),
        "{}",
        random(&json)
    );
    for kind in [ResponseKind::Bytes, ResponseKind::Http] {
        assert!(random(&described(kind)).contains("does not answer with JSON"));
    }
    let impossible = Description {
        response_schema: Some(json!({"enum": []})),
        ..json
    };
    let expected = "no random answer for `orders`: the schema of its response: no value was found \
                    that fits it";
    assert_eq!(random(&impossible), expected);
}

#[test]
fn a_declared_error_can_be_had_by_name() {
    let mock = mock(&described(ResponseKind::Json), MockAnswer::Empty).unwrap();
    let error = mock.error("Orders.Closed").unwrap();
    assert_eq!(error.kind, ErrorKind::Handler);
    assert_eq!((&*error.name, &*error.message), ("Orders.Closed", "mocked"));
    let unknown = mock.error("orders.closed").unwrap_err();
    assert_eq!(unknown.choices, ["NotFound", "Orders.Closed"]);
    let expected = "the handler declares no error `orders.closed`; it declares NotFound, \
                    Orders.Closed";
    assert_eq!(unknown.to_string(), expected);

    let silent = Description {
        errors: Vec::new(),
        ..described(ResponseKind::Json)
    };
    let mock = Mock::new("f", &silent, MockAnswer::Empty).unwrap();
    let text = mock.error("A").unwrap_err().to_string();
    let expected = "the handler declares no error `A`; it declares none: \
                    `#[handler(errors(…))]` would";
    assert_eq!(text, expected);
}

/// From a plugin's file to an answer, with nothing of the plugin set up.
#[tokio::test]
async fn a_handler_is_mocked_by_what_it_says_of_itself() {
    let plugin = Plugin::open(&shim_testkit::plugin("fixture-behaviours")).unwrap();
    let order = plugin.describe("order").unwrap();
    assert_eq!(order.errors, ["NotFound", "Orders.Closed"]);
    assert_eq!((order.accepts, order.response), (JSON, ResponseKind::Json));
    assert_eq!(
        order.event_schema.as_ref().unwrap()["required"],
        json!(["number"])
    );

    let empty = mock(&order, MockAnswer::Empty).unwrap();
    let empty: Value = serde_json::from_slice(&response(&empty).await).unwrap();
    let expected = json!({"number": 0, "state": "open", "lines": [], "note": null, "parcels": {}});
    assert_eq!(empty, expected);

    let schema = order.response_schema.as_ref().unwrap();
    let validator = jsonschema::validator_for(schema).unwrap();
    let random = mock(&order, MockAnswer::Random { seed: Some(3) }).unwrap();
    for _ in 0..50 {
        let answer: Value = serde_json::from_slice(&response(&random).await).unwrap();
        assert!(validator.is_valid(&answer), "{answer}");
    }

    let web = plugin.describe("old_order").unwrap();
    assert_eq!(
        (web.response, web.errors),
        (ResponseKind::Http, vec!["Gone".to_owned()])
    );
    assert!(matches!(web.accepts, Accepts::Http { whole_body: false }));
    let bytes = plugin.describe("echo").unwrap();
    assert_eq!(bytes.response, ResponseKind::Bytes);
    assert_eq!(bytes.empty_response.as_deref(), Some(&b""[..]));
    assert!(plugin.describe("no_such_handler").is_err());
}
