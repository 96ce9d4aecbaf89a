//! Responses in each form.

use http::{HeaderValue, Response};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::super::{Form, checked, prelude, response, streamed};
use super::kit::answer;
use crate::invocation::Body;

const FORMS: [Form; 4] = [
    Form::V1,
    Form::V2,
    Form::Alb { multi_value: false },
    Form::Alb { multi_value: true },
];

const HEADERS: [(&str, &str); 5] = [
    ("content-type", "text/plain"),
    ("x-many", "1"),
    ("x-many", "2"),
    ("set-cookie", "a=1"),
    ("set-cookie", "b=\"2\""),
];

#[test]
fn payload_format_1_has_lists_of_headers() {
    assert_eq!(
        answer(Form::V1, 201, &HEADERS, b"made"),
        json!({
            "statusCode": 201,
            "multiValueHeaders": {
                "content-type": ["text/plain"],
                "x-many": ["1", "2"],
                "set-cookie": ["a=1", "b=\"2\""],
            },
            "body": "made",
            "isBase64Encoded": false,
        })
    );
}

#[test]
fn payload_format_2_has_cookies() {
    assert_eq!(
        answer(Form::V2, 404, &HEADERS, b"\"no\"\n"),
        json!({
            "statusCode": 404,
            "headers": { "content-type": "text/plain", "x-many": "1,2" },
            "cookies": ["a=1", "b=\"2\""],
            "body": "\"no\"\n",
            "isBase64Encoded": false,
        })
    );
    let nothing = json!({ "statusCode": 200, "headers": {}, "body": "", "isBase64Encoded": false });
    assert_eq!(answer(Form::V2, 200, &[], b""), nothing);
}

#[test]
fn a_load_balancer_gets_a_description_and_headers_as_it_sent_them() {
    let single = answer(Form::Alb { multi_value: false }, 200, &HEADERS, b"");
    assert_eq!(
        single,
        json!({
            "statusCode": 200,
            "statusDescription": "200 OK",
            // One cookie at most: a joined one would be none.
            "headers": { "content-type": "text/plain", "x-many": "1,2", "set-cookie": "a=1" },
            "body": "",
            "isBase64Encoded": false,
        })
    );
    let multi = answer(Form::Alb { multi_value: true }, 299, &HEADERS, b"");
    assert_eq!(multi["statusDescription"], "299");
    assert_eq!(
        multi["multiValueHeaders"]["set-cookie"],
        json!(["a=1", "b=\"2\""])
    );
    assert_eq!(multi.get("headers"), None);
}

#[test]
fn what_is_no_text_goes_in_base64() {
    let sent = |content_type: &str, body: &[u8]| {
        let answer = answer(Form::V2, 200, &[("content-type", content_type)], body);
        (
            answer["body"].as_str().unwrap().to_owned(),
            answer["isBase64Encoded"] == true,
        )
    };
    for text in [
        "text/html; charset=utf-8",
        "TEXT/PLAIN",
        "application/json",
        "application/javascript",
        "application/xml",
        "application/yaml",
        "application/problem+json;x=y",
        "image/svg+xml",
        "application/vnd.oai.openapi+yaml",
    ] {
        assert_eq!(
            sent(text, "é\0".as_bytes()),
            ("é\0".to_owned(), false),
            "{text}"
        );
        assert_eq!(sent(text, b"\xff"), ("/w==".to_owned(), true), "{text}");
    }
    for binary in [
        "image/png",
        "application/octet-stream",
        "application/zip",
        "",
        "json",
    ] {
        assert_eq!(
            sent(binary, b"hello"),
            ("aGVsbG8=".to_owned(), true),
            "{binary}"
        );
    }
    for form in FORMS {
        let untyped = answer(form, 200, &[], b"text");
        assert_eq!(
            (&untyped["body"], &untyped["isBase64Encoded"]),
            (&json!("text"), &json!(false))
        );
        let zipped = [("content-type", "text/css"), ("content-encoding", "gzip")];
        let zipped = answer(form, 200, &zipped, b"\x1f\x8b");
        assert_eq!(
            (&zipped["body"], &zipped["isBase64Encoded"]),
            (&json!("H4s="), &json!(true))
        );
    }
    for length in 0..100 {
        let body = vec![0xff; length];
        let answer = answer(Form::V1, 200, &[("content-type", "image/png")], &body);
        assert_eq!(
            answer["body"].as_str().unwrap().len(),
            length.div_ceil(3) * 4
        );
    }
}

#[test]
fn statuses_without_a_body_have_none_and_wrong_lengths_go() {
    for form in FORMS {
        for status in [204, 304] {
            assert_eq!(answer(form, status, &[], b"twelve bytes")["body"], "");
        }
        let length = |said: &str, body: &[u8]| {
            let headers = [("content-length", said), ("transfer-encoding", "chunked")];
            let text = answer(form, 200, &headers, body).to_string();
            assert!(!text.contains("transfer-encoding"), "{text}");
            text.contains("content-length")
        };
        assert!(length("5", b"hello"));
        assert!(!length("6", b"hello"));
        assert!(!length("x", b"hello"));
        // As HEAD has it.
        assert!(length("6", b""));
    }
}

#[test]
fn a_header_that_is_not_utf_8_is_replaced_as_far_as_it_is_not() {
    let mut made = Response::new(());
    let value = HeaderValue::from_bytes(b"a\xe9\"").unwrap();
    made.headers_mut().insert("x-raw", value);
    let (head, ()) = made.into_parts();
    for form in FORMS {
        let json = String::from_utf8(response(form, &head, b"")).unwrap();
        assert!(json.contains("a\u{fffd}\\\""), "{json}");
        serde_json::from_str::<Value>(&json).unwrap();
    }
}

#[tokio::test]
async fn a_stream_begins_with_its_head() {
    let made = Response::builder()
        .status(201)
        .header("x-many", "1")
        .header("x-many", "2");
    let made = made
        .header("set-cookie", "a=1")
        .header("content-length", "4");
    let made = made.body(Body::from("body")).unwrap();
    let expected = "{\"statusCode\":201,\"headers\":{\"x-many\":\"1,2\",\"content-length\":\"4\"},\
                    \"cookies\":[\"a=1\"]}\0\0\0\0\0\0\0\0body";
    let (head, body) = made.into_parts();
    assert!(expected.as_bytes().starts_with(&prelude(&head)));
    let streamed = streamed(Response::from_parts(head, body));
    assert_eq!(streamed.collect().await.unwrap().to_bytes(), expected);
}

#[test]
fn an_interim_status_is_no_answer() {
    let made = |status: u16| {
        Response::builder()
            .status(status)
            .body(Body::Empty)
            .unwrap()
    };
    assert!(checked(made(200)).is_ok());
    let error = checked(made(103)).unwrap_err();
    assert_eq!(error.name, "Runtime.BadResponse");
    assert!(error.message.contains("103"), "{}", error.message);
}
