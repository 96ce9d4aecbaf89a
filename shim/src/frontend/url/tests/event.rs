use std::time::{Duration, UNIX_EPOCH};

use http::Request;
use http::request::{Builder, Parts};
use serde_json::{Value, json};

use super::super::{Arrival, Endpoint, PathParameters, event};

fn endpoint() -> Endpoint {
    Endpoint {
        api_id: "abc".to_owned(),
        domain_name: "abc.lambda-url.us-west-2.on.aws".to_owned(),
        https: true,
        port: 443,
        ..Endpoint::default()
    }
}

fn parts(request: Builder) -> Parts {
    request.body(()).unwrap().into_parts().0
}

fn arrival<'a>(parameters: &'a PathParameters<'a>) -> Arrival<'a> {
    Arrival {
        source_ip: Some([1, 2, 3, 4].into()),
        request_id: "id",
        trace_id: "Root=1-5e6b4a27-000000000000000000000001",
        route_key: "$default",
        path_parameters: parameters,
        time: UNIX_EPOCH + Duration::from_millis(1_584_039_838_390),
    }
}

fn seen(request: Builder, body: &[u8]) -> Value {
    let none = PathParameters::new();
    let event = event(&endpoint(), &parts(request), body, &arrival(&none));
    serde_json::from_slice(&event).unwrap()
}

#[test]
fn the_event_is_the_golden_one() {
    let request = Request::post("/my/pa2%Fth?a=1&a=2&b=x%20y+z&c")
        .header("Header1", "v")
        .header("Header2", "v1")
        .header("header2", "v2")
        .header("Cookie", "c1=1; c2=2")
        .header("cookie", "c3=3")
        .header("Connection", "keep-alive")
        .header("Content-Type", "text/plain")
        .header("User-Agent", "agent")
        .header("Host", "localhost:8080");
    let parameters = PathParameters::from([("name", "th/1".to_owned())]);
    let mut arrival = arrival(&parameters);
    arrival.route_key = "ANY /my/{name}";
    let event = event(&endpoint(), &parts(request), b"Hello", &arrival);
    let golden = concat!(
        r#"{"version":"2.0","routeKey":"ANY /my/{name}","rawPath":"/my/pa2%Fth","#,
        r#""rawQueryString":"a=1&a=2&b=x%20y+z&c","cookies":["c1=1","c2=2","c3=3"],"#,
        r#""headers":{"content-type":"text/plain","header1":"v","header2":"v1,v2","#,
        r#""host":"localhost:8080","user-agent":"agent","#,
        r#""x-amzn-trace-id":"Root=1-5e6b4a27-000000000000000000000001","#,
        r#""x-forwarded-for":"1.2.3.4","x-forwarded-port":"443","x-forwarded-proto":"https"},"#,
        r#""queryStringParameters":{"a":"1,2","b":"x y z","c":""},"#,
        r#""requestContext":{"accountId":"anonymous","apiId":"abc","#,
        r#""domainName":"abc.lambda-url.us-west-2.on.aws","domainPrefix":"abc","#,
        r#""http":{"method":"POST","path":"/my/pa2%Fth","protocol":"HTTP/1.1","#,
        r#""sourceIp":"1.2.3.4","userAgent":"agent"},"#,
        r#""requestId":"id","routeKey":"ANY /my/{name}","stage":"$default","#,
        r#""time":"12/Mar/2020:19:03:58 +0000","timeEpoch":1584039838390},"#,
        r#""body":"Hello","pathParameters":{"name":"th/1"},"isBase64Encoded":false}"#,
    );
    assert_eq!(str::from_utf8(&event).unwrap(), golden);
}

#[test]
fn empty_members_are_absent() {
    let none = PathParameters::new();
    let mut arrival = arrival(&none);
    arrival.source_ip = None;
    let event = event(&endpoint(), &parts(Request::get("/?")), b"", &arrival);
    let event: Value = serde_json::from_slice(&event).unwrap();
    for absent in ["cookies", "queryStringParameters", "body", "pathParameters"] {
        assert_eq!(event.get(absent), None, "{absent}");
    }
    assert_eq!(event["rawQueryString"], "");
    assert_eq!(event["isBase64Encoded"], false);
    let http = &event["requestContext"]["http"];
    assert_eq!(
        *http,
        json!({"method": "GET", "path": "/", "protocol": "HTTP/1.1"})
    );
    assert_eq!(event["headers"].get("x-forwarded-for"), None);
}

#[test]
fn a_binary_body_is_base64() {
    let request = Request::post("/").header("content-type", "application/x-www-form-urlencoded");
    let event = seen(request, b"a=1");
    assert_eq!(event["body"], "YT0x");
    assert_eq!(event["isBase64Encoded"], true);
}

#[test]
fn header_values_are_utf_8_or_latin_1() {
    let request = Request::get("/")
        .header("utf-8", "\u{e9}".as_bytes())
        .header("latin-1", b"\xe9".as_slice())
        .header("latin-1", b"a\xff".as_slice())
        .header("cookie", b"c=\xe9; ; d".as_slice());
    let event = seen(request, b"");
    assert_eq!(event["headers"]["utf-8"], "\u{e9}");
    assert_eq!(event["headers"]["latin-1"], "\u{e9},a\u{ff}");
    assert_eq!(event["cookies"], json!(["c=\u{e9}", "d"]));
}

#[test]
fn what_a_proxy_in_front_says_is_kept_and_the_peer_is_appended() {
    let request = Request::get("/")
        .header("x-forwarded-for", "9.9.9.9")
        .header("x-forwarded-for", "8.8.8.8")
        .header("x-forwarded-proto", "http")
        .header("x-forwarded-port", "81")
        .header("x-amzn-trace-id", "Root=other");
    let event = seen(request, b"");
    let headers = &event["headers"];
    assert_eq!(headers["x-forwarded-for"], "9.9.9.9,8.8.8.8, 1.2.3.4");
    assert_eq!(headers["x-forwarded-proto"], "http");
    assert_eq!(headers["x-forwarded-port"], "81");
    // The one that the invocation carries.
    assert_eq!(
        headers["x-amzn-trace-id"],
        "Root=1-5e6b4a27-000000000000000000000001"
    );
}

#[test]
fn hop_by_hop_headers_do_not_reach_the_function() {
    let request = Request::get("/")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("te", "trailers")
        .header("transfer-encoding", "chunked")
        .header("authorization", "Bearer x");
    let event = seen(request, b"");
    let names: Vec<_> = event["headers"].as_object().unwrap().keys().collect();
    let added = ["x-amzn-trace-id", "x-forwarded-for"];
    assert_eq!(names[..3], ["authorization", added[0], added[1]]);
}

#[test]
fn an_http_2_request_has_a_host_and_gives_the_domain_name() {
    let endpoint = Endpoint::default();
    let request = Request::get("http://user@api.example.com:8080/a").version(http::Version::HTTP_2);
    let none = PathParameters::new();
    let mut arrival = arrival(&none);
    arrival.source_ip = Some("::ffff:10.0.0.1".parse().unwrap());
    let event = event(&endpoint, &parts(request), b"", &arrival);
    let event: Value = serde_json::from_slice(&event).unwrap();
    assert_eq!(event["headers"]["host"], "api.example.com:8080");
    let context = &event["requestContext"];
    assert_eq!(context["domainName"], "api.example.com");
    assert_eq!(context["domainPrefix"], "api");
    assert_eq!(context["http"]["protocol"], "HTTP/2.0");
    assert_eq!(context["http"]["sourceIp"], "10.0.0.1");
    assert_eq!(event["rawPath"], "/a");
}
