use bytes::Bytes;
use http::{Response, StatusCode};

use super::super::{HeadError, ResponseError, failed, response};
use super::kit::whole;
use crate::invocation::Body;

fn sent(json: &str) -> Response<Body> {
    let bytes = Bytes::copy_from_slice(json.as_bytes());
    response(bytes, true).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn refused(json: &str) -> ResponseError {
    let bytes = Bytes::copy_from_slice(json.as_bytes());
    match response(bytes, true) {
        Ok(response) => panic!("{json}: {response:?}"),
        Err(error) => error,
    }
}

#[test]
fn each_row_of_the_table() {
    for (json, status, body) in [
        (r#"{"hello": "world"}"#, 200, r#"{"hello":"world"}"#),
        (
            r#"{"statusCode": null, "a": 1}"#,
            200,
            r#"{"statusCode":null,"a":1}"#,
        ),
        (r#"{"statusCode": 201}"#, 201, ""),
        (r#"{"statusCode": "418", "body": "tea"}"#, 418, "tea"),
        (r#"{"statusCode": 200, "body": null}"#, 200, ""),
        (
            r#"{"statusCode": 200, "body": {"z": 1, "a": [1.0, " "]}}"#,
            200,
            r#"{"z":1,"a":[1.0," "]}"#,
        ),
        (r#"{"statusCode": 200, "body": 3}"#, 200, "3"),
        (r#" {"statusCode": 200, "body": "\u00e9\n"} "#, 200, "é\n"),
        (
            r#"{"statusCode": 200, "body": "aGk=", "isBase64Encoded": true}"#,
            200,
            "hi",
        ),
        (
            r#"{"statusCode": 200, "body": "aGk", "isBase64Encoded": true}"#,
            200,
            "hi",
        ),
        (
            r#"{"statusCode": 200, "body": "aGk=", "isBase64Encoded": false}"#,
            200,
            "aGk=",
        ),
        (
            r#"{"statusCode": 200, "headers": null, "cookies": null, "isBase64Encoded": null}"#,
            200,
            "",
        ),
        (r#""hello""#, 200, "hello"),
        (r#""""#, 200, ""),
        ("3", 200, "3"),
        ("3.1", 200, "3.1"),
        ("true", 200, "true"),
        ("null", 200, "null"),
        (r#"["hello", 3, true]"#, 200, r#"["hello",3,true]"#),
        ("", 200, ""),
    ] {
        let response = sent(json);
        assert_eq!(response.status(), status, "{json}");
        assert_eq!(
            response.headers()["content-type"],
            "application/json",
            "{json}"
        );
        assert_eq!(whole(response.into_body()), body, "{json}");
    }
}

#[test]
fn headers_and_cookies_are_the_functions() {
    let response = sent(
        r#"{"statusCode": 200, "headers": {"Content-Type": "text/html", "X-Count": 3, "x-on": true,
            "x-none": null, "x-text": "é", "set-cookie": "z=0"},
            "multiValueHeaders": {"x-many": ["1", "2"]}, "cookies": ["a=1", "b=2; Secure"]}"#,
    );
    let headers = response.headers();
    assert_eq!(headers["content-type"], "text/html");
    assert_eq!(headers["x-count"], "3");
    assert_eq!(headers["x-on"], "true");
    assert_eq!(headers["x-text"].as_bytes(), "é".as_bytes());
    assert!(!headers.contains_key("x-none") && !headers.contains_key("x-many"));
    let cookies: Vec<_> = headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["z=0", "a=1", "b=2; Secure"]);
}

#[test]
fn headers_of_the_host_are_renamed() {
    let response = sent(
        r#"{"statusCode": 200, "headers": {"Authorization": "1", "Connection": "2",
            "Content-Length": 3, "Date": "4", "Server": "5", "Transfer-Encoding": "6",
            "WWW-Authenticate": "7"}}"#,
    );
    let headers = response.headers();
    for (name, value) in [
        ("authorization", "1"),
        ("connection", "2"),
        ("content-length", "3"),
        ("date", "4"),
        ("server", "5"),
        ("transfer-encoding", "6"),
        ("www-authenticate", "7"),
    ] {
        assert!(!headers.contains_key(name), "{name}");
        assert_eq!(headers[format!("x-amzn-remapped-{name}")], value);
    }
}

#[test]
fn bytes_are_sent_as_they_are() {
    for bytes in [
        b"{\"statusCode\": 404}\xff".as_slice(),
        b"{\"statusCode\": 404, \"body\": \"\xff\"}",
        b"[{\"statusCode\": 404}]",
        b"{ \"a\": 1 }",
        b"\"text\"",
        b"",
    ] {
        let response = response(Bytes::from_static(bytes), false).unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(
            response.headers()["content-type"],
            "application/octet-stream"
        );
        assert_eq!(whole(response.into_body()), bytes);
    }
}

/// Lambda does not know what type the handler has.
#[test]
fn bytes_that_say_a_status_are_a_response() {
    let bytes = Bytes::from_static(b" {\"statusCode\": 404, \"body\": \"no\"}");
    let sent = response(bytes, false).unwrap();
    assert_eq!(sent.status(), 404);
    assert_eq!(whole(sent.into_body()), "no");
    let wrong = response(Bytes::from_static(b"{\"statusCode\": 99}"), false);
    assert!(matches!(wrong, Err(ResponseError::Head(_))));
}

#[test]
fn what_cannot_be_sent_is_refused_with_a_reason() {
    let head = |json: &str| match refused(json) {
        ResponseError::Head(error) => error,
        other => panic!("{json}: {other}"),
    };
    for given in [
        "99", "100", "199", "600", "-200", "200.0", "2e2", "true", "[]", "\"\"", "\"ok\"",
        "\"+200\"", "\" 200\"",
    ] {
        let error = head(&format!(r#"{{"statusCode": {given}}}"#));
        let given = given.to_owned();
        assert_eq!(error, HeadError::StatusCode { given });
    }
    let (space, x) = ("a b".to_owned(), "x".to_owned());
    for (member, error) in [
        (r#""headers": []"#, HeadError::Headers),
        (
            r#""headers": {"a b": "1"}"#,
            HeadError::HeaderName { name: space },
        ),
        (
            r#""headers": {"x": "1\r\ny: 2"}"#,
            HeadError::HeaderValue { name: x.clone() },
        ),
        (
            r#""headers": {"x": ["1"]}"#,
            HeadError::HeaderValue { name: x },
        ),
        (r#""cookies": "a=1""#, HeadError::Cookies),
        (r#""cookies": [1]"#, HeadError::Cookies),
        (r#""cookies": ["a=1\n"]"#, HeadError::Cookies),
    ] {
        assert_eq!(head(&format!(r#"{{"statusCode": 200, {member}}}"#)), error);
    }
    for body in [r#""a=b""#, r#""a""#, "{}", "3"] {
        let json = format!(r#"{{"statusCode": 200, "body": {body}, "isBase64Encoded": true}}"#);
        assert_eq!(refused(&json), ResponseError::Base64);
    }
    let json = r#"{"statusCode": 200, "isBase64Encoded": "true"}"#;
    assert_eq!(refused(json), ResponseError::IsBase64Encoded);
    for json in [" ", "hello", "{", "{}{}", r#"{"body": 1, "body": 2}"#] {
        assert!(matches!(refused(json), ResponseError::NotJson { .. }));
    }
}

#[test]
fn more_headers_than_a_response_can_carry_are_refused() {
    let headers: Vec<_> = (0..40_000).map(|n| format!(r#""x-{n}": """#)).collect();
    let json = format!(
        r#"{{"statusCode": 200, "headers": {{{}}}}}"#,
        headers.join(",")
    );
    assert_eq!(
        refused(&json),
        ResponseError::Head(HeadError::TooManyHeaders)
    );
}

#[test]
fn a_failure_tells_callers_nothing() {
    let response = failed();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(whole(response.into_body()), "Internal Server Error");
}
