//! Whatever comes in, an answer or an error comes out.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use serde_json::Value;

use super::super::{
    Arrival, Cors, CorsRules, Endpoint, PathParameters, PreludeError, Route, Router, event,
    response, split,
};
use super::kit::{Random, bytes, chunks};

const ROUNDS: usize = 20_000;

fn request(random: &mut Random) -> http::request::Parts {
    let mut target = b"/".to_vec();
    target.extend(random.bytes(40));
    // What the server would have refused is left out.
    let mut request = Request::builder()
        .method(random.pick(&["GET", "POST", "OPTIONS", "X!"]))
        .uri(http::Uri::try_from(target).unwrap_or_default());
    for _ in 0..random.below(8) {
        let known = [
            "cookie",
            "host",
            "content-type",
            "origin",
            "x-forwarded-for",
            "vary",
        ];
        let name = random.pick(&known);
        if let Ok(value) = HeaderValue::from_bytes(&random.bytes(20)) {
            request = request.header(name, value);
        }
        if let Ok(name) = HeaderName::from_bytes(&random.bytes(4)) {
            request = request.header(name, "value");
        }
    }
    request.body(()).unwrap().into_parts().0
}

#[test]
fn every_request_has_an_event() {
    let mut random = Random(1);
    for _ in 0..ROUNDS {
        let parts = request(&mut random);
        let request_id = String::from_utf8_lossy(&random.bytes(10)).into_owned();
        let parameters = PathParameters::from([("x", request_id.clone())]);
        let arrival = Arrival {
            source_ip: None,
            request_id: &request_id,
            trace_id: &request_id,
            route_key: &request_id,
            path_parameters: &parameters,
            time: UNIX_EPOCH + Duration::from_secs(random.next() >> random.below(64).max(2)),
        };
        let body = random.bytes(40);
        let event = event(&Endpoint::default(), &parts, &body, &arrival);
        let event: Value = serde_json::from_slice(&event).unwrap();
        assert_eq!(event["version"], "2.0");
        assert_eq!(event["rawPath"], parts.uri.path());
    }
}

/// JSON that is nearly a response, with some bytes turned into others.
fn nearly(random: &mut Random) -> Vec<u8> {
    let mut json = random
        .pick(&[
            r#"{"statusCode":200,"headers":{"a":"b","c":1},"cookies":["d"],"body":"e"}"#,
            r#"{"statusCode":"404","body":"aGVsbG8=","isBase64Encoded":true}"#,
            r#"{"body":{"a":[1,2.5,"\u00e9\\"]},"statusCode":500}"#,
            r#" ["x", {"y": null}] "#,
            r#""\ud83d\ude00\n""#,
        ])
        .as_bytes()
        .to_vec();
    for _ in 0..random.below(4) {
        let at = random.below(json.len());
        let with = random.bytes(3);
        let until = (at + random.below(3)).min(json.len());
        json.splice(at..until, with);
    }
    json
}

#[test]
fn every_response_is_sent_or_refused() {
    let mut random = Random(2);
    let mut sent = 0;
    for _ in 0..ROUNDS {
        let json = nearly(&mut random);
        sent += usize::from(response(json.into(), true).is_ok());
    }
    assert!((ROUNDS / 10..ROUNDS).contains(&sent), "{sent}");
}

#[test]
fn deep_json_is_sent_or_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [100, 1000, 100_000] {
            let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let _ = response(deep.clone().into(), true);
            let headers = format!(r#"{{"statusCode":200,"headers":{deep},"body":{deep}}}"#);
            let _ = response(headers.into(), true);
            let body = format!(r#"{{"statusCode":200,"body":{deep}}}"#);
            assert!(response(body.into(), true).is_ok());
        }
    }
}

#[tokio::test]
async fn every_stream_is_split_or_whole_or_refused() {
    let mut random = Random(3);
    let mut split_up = 0;
    for _ in 0..ROUNDS / 4 {
        let mut all = nearly(&mut random);
        all.extend(vec![0; random.below(12)]);
        all.extend(random.bytes(20));
        let size = 1 + random.below(all.len());
        match split(chunks(all.chunks(size))).await {
            Ok((_, body)) => {
                assert!(all.ends_with(&bytes(body).await));
                split_up += 1;
            }
            Err(PreludeError::Absent { body, .. }) => assert_eq!(bytes(body).await, all),
            Err(_) => {}
        }
    }
    assert!(split_up > 100, "{split_up}");
}

#[test]
fn every_text_is_a_route_or_refused_and_every_request_is_routed() {
    let mut random = Random(4);
    let known = ["$default", "/{a}", "GET /{a+}", "/a/{b}/c"].map(|route| {
        let route: Route = route.parse().unwrap();
        (route, ())
    });
    let router = Router::new(known).unwrap();
    for _ in 0..ROUNDS {
        let text = String::from_utf8_lossy(&random.bytes(12)).into_owned();
        if let Ok(route) = format!("/{text}").parse::<Route>() {
            assert_eq!(route.key().parse(), Ok(route));
        }
        assert!(router.find(&Method::GET, &text).is_some());
        assert!(router.find(&Method::GET, &format!("/{text}")).is_some());
    }
}

#[test]
fn every_request_passes_cors_even_with_no_room_for_headers() {
    let rules = CorsRules {
        allow_origins: vec!["*".to_owned()],
        allow_headers: vec!["*".to_owned()],
        expose_headers: vec!["*".to_owned()],
        allow_credentials: true,
        ..CorsRules::default()
    };
    let cors = Cors::new(&rules).unwrap();
    let mut random = Random(5);
    for _ in 0..ROUNDS {
        let parts = request(&mut random);
        let _ = cors.preflight(&parts.method, &parts.headers);
        let mut headers = parts.headers.clone();
        cors.apply(parts.headers.get("origin"), &mut headers);
    }
    let mut full = HeaderMap::new();
    let names = (0..).map(|n| HeaderName::try_from(format!("x-{n}")).unwrap());
    let value = HeaderValue::from_static("");
    for name in names {
        if full.try_insert(name, value.clone()).is_err() {
            break;
        }
    }
    cors.apply(Some(&value), &mut full);
}
