//! Methods, paths, queries.

use bytes::Bytes;
use serde_json::{Value, json};

use super::super::{NotHttp, request};
use super::kit::{alb, http, read, v1, v2};

fn target(event: &Value) -> String {
    http(event).uri().to_string()
}

fn without_stage(event: &Value) -> String {
    let event = request(&Bytes::from(event.to_string()), true).unwrap();
    event.request.uri().to_string()
}

#[test]
fn the_method_may_be_any() {
    for method in ["GET", "PATCH", "PROPFIND", "x-own"] {
        assert_eq!(http(&v1(json!({ "httpMethod": method }))).method(), method);
        assert_eq!(http(&alb(json!({ "httpMethod": method }))).method(), method);
        let context = json!({ "requestContext": { "http": { "method": method } } });
        assert_eq!(http(&v2(context)).method(), method);
    }
    for bad in [json!("G T"), json!(""), json!(1)] {
        let error = read(&v1(json!({ "httpMethod": bad }))).unwrap_err();
        assert!(
            matches!(
                error,
                NotHttp::Member {
                    member: "httpMethod",
                    ..
                }
            ),
            "{error}"
        );
    }
    let context = json!({ "requestContext": { "http": { "method": null } } });
    let error = read(&v2(context)).unwrap_err().to_string();
    assert!(
        error.starts_with("`requestContext.http.method` is not"),
        "{error}"
    );
}

#[test]
fn a_query_of_payload_format_2_is_as_it_was_sent() {
    for query in ["a=1&a=2&b=%26+x", "a", "?=/", "%F0%9F%A6%80"] {
        let event = v2(json!({ "rawPath": "/p", "rawQueryString": query }));
        assert_eq!(target(&event), format!("/p?{query}"));
    }
    assert_eq!(
        target(&v2(json!({ "rawQueryString": "a b\"<é#x" }))),
        "/?a%20b%22%3C%C3%A9%23x"
    );
    // Written by hand.
    let event = v2(json!({ "rawQueryString": null, "queryStringParameters": { "a": "1 2" } }));
    assert_eq!(target(&event), "/?a=1+2");
}

#[test]
fn a_query_of_payload_format_1_is_encoded_again() {
    let parameters = json!({
        "queryStringParameters": { "a": "2", "b&": "x=y z" },
        "multiValueQueryStringParameters": { "a": ["1", "2"], "b&": ["x=y z"] },
    });
    assert_eq!(target(&v1(parameters)), "/?a=1&a=2&b%26=x%3Dy+z");
    let single = json!({
        "queryStringParameters": { "é": "%41" },
        "multiValueQueryStringParameters": null,
    });
    assert_eq!(target(&v1(single)), "/?%C3%A9=%2541");
    let none = json!({ "queryStringParameters": {}, "multiValueQueryStringParameters": {} });
    assert_eq!(target(&v1(none)), "/");
}

#[test]
fn a_query_of_a_load_balancer_is_as_it_was_sent() {
    let single = json!({ "queryStringParameters": { "a": "1%202", "b": "x+y" } });
    assert_eq!(target(&alb(single)), "/?a=1%202&b=x+y");
    let multi = json!({ "multiValueQueryStringParameters": { "a": ["%26", "2"], "b": [""] } });
    assert_eq!(target(&alb(multi)), "/?a=%26&a=2&b=");
    let decoded = json!({ "queryStringParameters": { "a": "1 2#" } });
    assert_eq!(target(&alb(decoded)), "/?a=1%202%23");
}

#[test]
fn a_path_is_percent_encoded_where_it_must_be() {
    for (path, expected) in [
        ("/a%20b/%F0%9F%A6%80//", "/a%20b/%F0%9F%A6%80//"),
        ("/a b/é", "/a%20b/%C3%A9"),
        ("/100%/%zz/%4", "/100%25/%25zz/%254"),
        ("/what?/#x", "/what%3F/%23x"),
        ("/{id}/<a>", "/%7Bid%7D/%3Ca%3E"),
        ("/../a/./b", "/../a/./b"),
        ("//elsewhere/a", "//elsewhere/a"),
        ("http://elsewhere/a", "/http://elsewhere/a"),
        ("a", "/a"),
        ("", "/"),
    ] {
        assert_eq!(target(&v1(json!({ "path": path }))), expected);
        assert_eq!(target(&v2(json!({ "rawPath": path }))), expected);
        assert_eq!(target(&alb(json!({ "path": path }))), expected);
    }
    assert_eq!(target(&v2(json!({ "rawPath": null }))), "/");
    assert_eq!(target(&alb(json!({ "path": null }))), "/");
    let long = "x".repeat(70_000);
    let error = read(&v1(json!({ "path": long }))).unwrap_err().to_string();
    assert!(error.contains("65,535"), "{error}");
}

#[test]
fn any_character_may_stand_in_a_path_and_in_a_query() {
    for char in (0..0x250).chain([0x1f980]).filter_map(char::from_u32) {
        let text = format!("/{char}");
        let parameters = json!({ text.clone(): text });
        for event in [
            v1(json!({ "path": text, "queryStringParameters": parameters })),
            v2(json!({ "rawPath": text, "rawQueryString": text })),
            alb(json!({ "path": text, "queryStringParameters": parameters })),
        ] {
            let uri = http(&event).uri().clone();
            let path = percent_encoding::percent_decode_str(uri.path()).decode_utf8();
            assert_eq!(path.unwrap(), text);
            let query = uri.query().unwrap();
            let query = percent_encoding::percent_decode_str(query)
                .decode_utf8()
                .unwrap();
            assert!(query.contains(char) || char == ' ', "{query}");
        }
    }
}

#[test]
fn the_stage_is_the_first_segment_of_a_path() {
    let stage = json!({ "path": "/a", "requestContext": { "stage": "prod" } });
    assert_eq!(target(&v1(stage.clone())), "/prod/a");
    assert_eq!(without_stage(&v1(stage)), "/a");
    // It is there already: an HTTP API under its own name.
    let named = |path: &str| v2(json!({ "rawPath": path, "requestContext": { "stage": "prod" } }));
    for (path, with, without) in [
        ("/prod/a", "/prod/a", "/a"),
        ("/prod/", "/prod/", "/"),
        ("/prod", "/prod", "/"),
        ("/production/a", "/prod/production/a", "/production/a"),
    ] {
        assert_eq!(target(&named(path)), with);
        assert_eq!(without_stage(&named(path)), without);
    }
    assert_eq!(
        without_stage(&v2(json!({ "rawPath": "/$default/a" }))),
        "/$default/a"
    );
    // A load balancer has none.
    let event = alb(json!({ "path": "/a", "requestContext": { "stage": "prod" } }));
    assert_eq!(target(&event), "/a");
}

#[test]
fn a_domain_of_ones_own_has_no_stage_in_its_paths() {
    let event = v2(json!({
        "rawPath": "/prod/a",
        "requestContext": { "stage": "prod", "domainName": "api.example.com" },
    }));
    assert_eq!(without_stage(&event), "/prod/a");
    // Of a REST API, it is a resource of that name.
    let event = json!({ "path": "/prod", "requestContext": { "stage": "prod" } });
    assert_eq!(target(&v1(event.clone())), "/prod/prod");
    assert_eq!(without_stage(&v1(event)), "/prod");
}
