//! Headers, cookies, bodies, and the rest of the event.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use serde_json::{Value, json};

use super::super::{Form, NotHttp, request};
use super::kit::{alb, all, http, read, v1, v2, whole};
use crate::invocation::{Caller, FunctionError, Invocation, Payload};

#[test]
fn of_headers_that_were_sent_several_times_none_is_lost() {
    let headers = json!({
        "headers": { "X-Many": "2", "Host": "h" },
        "multiValueHeaders": { "X-Many": ["1", "2"], "Host": ["h"] },
    });
    for event in [v1(headers.clone()), alb(headers)] {
        let request = http(&event);
        assert_eq!(all(request.headers(), "x-many"), ["1", "2"]);
        assert_eq!(request.headers()["host"], "h");
    }
    let single = json!({ "headers": { "X-Many": "2" }, "multiValueHeaders": null });
    assert_eq!(all(http(&v1(single)).headers(), "x-many"), ["2"]);
    let joined = json!({ "headers": { "X-Many": "1,2", "x-many": "3" } });
    assert_eq!(all(http(&v2(joined)).headers(), "x-many"), ["1,2", "3"]);
    let none = v1(json!({ "headers": null, "multiValueHeaders": {} }));
    // Only the host, by the name of the API.
    assert_eq!(http(&none).headers().len(), 1);
}

#[test]
fn what_http_does_not_know_as_a_header_is_left_out() {
    let request = http(&v1(json!({ "headers": {
        "": "empty", "a b": "name", "x-lines": "a\r\nb: c", "x-nul": "\0",
        "x-raw": "é\"\\", "x-number": 5, "x-float": 1.5, "x-bool": true, "x-null": null,
        "x-object": { "a": "b" }, "x-nested": [["1"], [], "2"],
    } })));
    let headers = request.headers();
    assert_eq!(headers["x-raw"].as_bytes(), "é\"\\".as_bytes());
    assert_eq!(headers["x-number"], "5");
    assert_eq!(headers["x-float"], "1.5");
    assert_eq!(headers["x-bool"], "true");
    assert_eq!(all(headers, "x-nested"), ["1", "2"]);
    assert_eq!(headers.keys_len(), 6, "with the host: {headers:?}");
}

#[test]
fn the_host_is_that_of_the_request_or_of_the_api() {
    let said = v2(json!({ "headers": { "host": "shop.example.com" } }));
    assert_eq!(http(&said).headers()["host"], "shop.example.com");
    let api = "x.execute-api.eu-west-1.amazonaws.com";
    assert_eq!(http(&v2(json!({}))).headers()["host"], api);
    assert!(!http(&alb(json!({}))).headers().contains_key("host"));
}

#[test]
fn cookies_are_one_header() {
    let cookies = json!({ "cookies": ["a=1", "b=2; c=3", "bad\n"], "headers": { "cookie": "x" } });
    assert_eq!(
        all(http(&v2(cookies)).headers(), "cookie"),
        ["a=1; b=2; c=3"]
    );
    for none in [json!([]), json!(null)] {
        let event = v2(json!({ "cookies": none, "headers": { "cookie": "x" } }));
        assert_eq!(all(http(&event).headers(), "cookie"), ["x"]);
    }
    let v1 = v1(json!({ "multiValueHeaders": { "Cookie": ["a=1; b=2"] } }));
    assert_eq!(all(http(&v1).headers(), "cookie"), ["a=1; b=2"]);
}

#[test]
fn the_length_is_that_of_the_body() {
    let event = json!({
        "headers": { "content-length": "999", "transfer-encoding": "chunked" },
        "body": "twelve bytes",
    });
    for event in [v1(event.clone()), v2(event.clone()), alb(event)] {
        let headers = http(&event).headers().clone();
        assert_eq!(headers["content-length"], "12");
        assert!(!headers.contains_key("transfer-encoding"));
    }
    let unsaid = http(&v2(json!({ "body": "x" })));
    assert!(!unsaid.headers().contains_key("content-length"));
}

#[test]
fn a_body_is_text_or_base64() {
    let body = |members: Value| whole(http(&v2(members)).into_body());
    assert_eq!(body(json!({ "body": "plain" })), "plain");
    assert_eq!(
        body(json!({ "body": "{\"a\":\"é\\n\"}\r\n" })),
        "{\"a\":\"é\\n\"}\r\n"
    );
    assert_eq!(
        body(json!({ "body": "aGk", "isBase64Encoded": false })),
        "aGk"
    );
    for encoded in ["AP+A", "/w==", "/w", ""] {
        let decoded = body(json!({ "body": encoded, "isBase64Encoded": true }));
        let expected: &[u8] = match encoded {
            "AP+A" => b"\x00\xff\x80",
            "" => b"",
            _ => b"\xff",
        };
        assert_eq!(decoded, expected);
    }
    for nothing in [json!({}), json!({ "body": null, "isBase64Encoded": true })] {
        assert_eq!(body(nothing), "");
    }
    for bad in [
        json!({ "body": "no base64!", "isBase64Encoded": true }),
        json!({ "body": { "a": 1 } }),
        json!({ "body": [1] }),
        json!({ "body": 1.5 }),
    ] {
        let error = read(&v2(bad)).unwrap_err();
        assert!(
            matches!(error, NotHttp::Member { member: "body", .. }),
            "{error}"
        );
    }
    let flag = read(&v2(json!({ "isBase64Encoded": "true" }))).unwrap_err();
    assert_eq!(flag.to_string(), "`isBase64Encoded` is not true or false");
}

#[test]
fn text_of_a_body_and_values_of_headers_are_not_copied() {
    let event = v2(json!({ "body": "plain", "headers": { "x-one": "value" } }));
    let event = Bytes::from(event.to_string());
    let read = request(&event, false).unwrap().request;
    let within = |piece: &[u8]| event.as_ptr_range().contains(&piece.as_ptr());
    assert!(within(read.headers()["x-one"].as_bytes()));
    assert!(within(&whole(read.into_body())));
}

#[test]
fn the_rest_of_the_event_is_kept_as_it_is() {
    let event = v2(json!({
        "routeKey": "GET /{id}",
        "pathParameters": { "id": "7" },
        "stageVariables": null,
        "headers": { "x": "1" },
        "cookies": ["a=1"],
        "queryStringParameters": { "q": "1" },
        "body": "text",
        "requestContext": { "authorizer": { "jwt": { "claims": { "sub": "é\"" }, "n": 1.0e5 } } },
    }));
    let context = read(&event).unwrap().context;
    let context: Value = serde_json::from_str(&context).unwrap();
    let mut expected = event;
    let members = expected.as_object_mut().unwrap();
    for gone in [
        "stageVariables",
        "headers",
        "cookies",
        "queryStringParameters",
        "rawQueryString",
        "body",
    ] {
        members.remove(gone);
    }
    assert_eq!(context, expected);
}

#[test]
fn an_invocation_gets_the_request_and_its_own_trace() {
    let event = v2(json!({ "headers": { "x-amzn-trace-id": "Root=1-0-0" } }));
    for caller in [
        None,
        Some(Arc::new(Caller {
            tenant_id: Some("t".into()),
            ..Caller::default()
        })),
    ] {
        let tenant = caller.as_ref().and_then(|caller| caller.tenant_id.clone());
        let mut invocation = Invocation {
            trace_id: Some("Root=1-0-0;Parent=1;Sampled=1".to_owned()),
            caller,
            arrived: Instant::now(),
            ..Invocation::new(Payload::Event(Bytes::new()))
        };
        let form = read(&event).unwrap().hand_over(&mut invocation);
        assert_eq!(form, Form::V2);
        let Payload::Http(request) = invocation.payload else {
            panic!("an event");
        };
        assert_eq!(
            all(request.headers(), "x-amzn-trace-id"),
            ["Root=1-0-0;Parent=1;Sampled=1"]
        );
        let caller = invocation.caller.unwrap();
        assert_eq!(caller.tenant_id, tenant);
        assert!(
            caller
                .gateway_event
                .as_deref()
                .unwrap()
                .starts_with("{\"version\":\"2.0\"")
        );
    }
}

#[test]
fn what_is_no_http_event_is_refused_with_what_was_found() {
    let message = |event: &str| {
        let error = request(&Bytes::copy_from_slice(event.as_bytes()), false).unwrap_err();
        let error = FunctionError::from(error);
        assert_eq!(error.name, "Runtime.NotAnHttpEvent");
        error.message
    };
    for (event, found) in [
        ("{}", "found an empty object"),
        ("[1]", "found no object"),
        ("null", "found no object"),
        (r#"{"items":{},"b":1}"#, "found only `items`, `b`"),
        (
            r#"{"httpMethod":"GET","apiPath":"/"}"#,
            "found only `httpMethod`, `apiPath`",
        ),
        (
            r#"{"requestContext":{"a":1}}"#,
            "found only `requestContext`",
        ),
        (r#"{"requestContext":"a"}"#, "found only `requestContext`"),
        ("{", "the event is not JSON: EOF"),
        ("", "the event is not JSON: EOF"),
        (
            r#"{"body":"a","body":"b"}"#,
            "not JSON: duplicate field `body`",
        ),
        (
            r#"{"methodArn":"arn","httpMethod":"GET"}"#,
            "Lambda authorizer",
        ),
        (r#"{"requestContext":{"connectionId":"x"}}"#, "WebSocket"),
    ] {
        let message = message(event);
        assert!(message.contains(found), "{message}");
        assert!(message.contains("sam local generate-event"), "{message}");
    }
    let many = (0..30).map(|n| (format!("{n:02}{}", "é".repeat(100)), json!(n)));
    let many = Value::Object(many.collect()).to_string();
    let message = message(&many);
    assert!(message.contains(" and 20 more"), "{message}");
    assert!(message.len() < 2000, "{message}");
    let error = request(&Bytes::from_static(b"{\"a\":\"\xff\"}"), false).unwrap_err();
    assert!(matches!(error, NotHttp::NotJson { .. }), "{error}");
}

#[test]
fn more_headers_than_a_request_can_have_are_refused() {
    let headers = (0..40_000).map(|n| (format!("x-{n}"), json!("")));
    let event = v2(json!({ "headers": Value::Object(headers.collect()) }));
    assert_eq!(read(&event).unwrap_err(), NotHttp::TooManyHeaders);
}
