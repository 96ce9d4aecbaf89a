//! There and back: what a gateway reads from us, and we from a gateway.

use std::time::UNIX_EPOCH;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};

use super::super::{Arrival, Endpoint, PathParameters, event, response, split};
use super::kit::{Random, bytes, whole};
use crate::gateway::{self, Form};
use crate::invocation::Body;

const ROUNDS: usize = 5_000;

fn value(random: &mut Random) -> HeaderValue {
    let text = random.pick(&["1", "a, b", "\"\\\"", "text/plain", "application/json"]);
    HeaderValue::from_static(text)
}

#[test]
fn a_request_is_the_same_after_it_was_an_event() {
    let mut random = Random(6);
    for _ in 0..ROUNDS {
        let target = random.pick(&["/", "/a%20b/é//", "/%zz?a=1&a=%26", "/{x}?q={y}", "/p?"]);
        let mut made = Request::builder()
            .method(random.pick(&["GET", "POST", "x-own"]))
            .uri(http::Uri::try_from(target).unwrap());
        for name in ["host", "x-one", "content-type", "x-one", "cookie"] {
            if random.below(2) == 0 {
                made = made.header(name, value(&mut random));
            }
        }
        let (head, ()) = made.body(()).unwrap().into_parts();
        let body = Bytes::from(random.bytes(40));
        let arrival = Arrival {
            source_ip: None,
            request_id: "id",
            trace_id: "Root=1-0-0",
            route_key: "$default",
            path_parameters: &PathParameters::new(),
            time: UNIX_EPOCH,
        };
        let event = event(&Endpoint::default(), &head, &body, &arrival);
        let read = gateway::request(&event, false).unwrap();
        assert_eq!(read.form, Form::V2);
        let (read, read_body) = read.request.into_parts();
        assert_eq!(read.method, head.method);
        // What could not stand in a path is encoded now.
        let encoded = target.replace("é", "%C3%A9").replace("%zz", "%25zz");
        let encoded = encoded.replace("{x}", "%7Bx%7D");
        assert_eq!(read.uri.to_string(), encoded.trim_end_matches('?'));
        for name in head.headers.keys() {
            let joined: Vec<_> = head
                .headers
                .get_all(name)
                .iter()
                .map(HeaderValue::as_bytes)
                .collect();
            let found = read.headers.get(name).unwrap().as_bytes();
            assert_eq!(found, joined.join(b",".as_slice()), "{name}");
        }
        assert_eq!(whole(read_body), body);
    }
}

fn made(random: &mut Random) -> Response<Bytes> {
    let mut made = Response::builder().status(random.pick(&[200, 201, 404, 503]));
    made = made.header("content-type", value(random));
    for name in [
        "x-one",
        "set-cookie",
        "x-one",
        "set-cookie",
        "content-encoding",
    ] {
        if random.below(3) == 0 {
            made = made.header(name, value(random));
        }
    }
    made.body(random.bytes(40).into()).unwrap()
}

/// As payload format 2.0 has them.
fn joined(response: &Response<Bytes>) -> Vec<(HeaderName, Vec<u8>)> {
    let headers = response.headers();
    let mut joined: Vec<_> = headers
        .keys()
        .map(|name| {
            let values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
            (
                name.clone(),
                values.collect::<Vec<_>>().join(b",".as_slice()),
            )
        })
        .collect();
    joined.sort_by_key(|(name, _)| name.to_string());
    joined
}

#[tokio::test]
async fn a_response_is_the_same_after_it_was_an_answer_or_a_stream() {
    let mut random = Random(7);
    for _ in 0..ROUNDS {
        let made = made(&mut random);
        let (head, body) = made.clone().into_parts();
        let answer = gateway::response(Form::V2, &head, &body);
        let read = response(answer.into(), true).unwrap().map(whole);
        assert_eq!(
            (read.status(), joined(&read)),
            (made.status(), joined(&made))
        );
        assert_eq!(
            read.headers().get_all("set-cookie").iter().count(),
            made.headers().get_all("set-cookie").iter().count()
        );
        assert_eq!(read.body(), made.body());

        let streamed = gateway::streamed(made.clone().map(Body::from));
        let (head, rest) = split(Box::pin(streamed)).await.unwrap();
        assert_eq!(head.status, made.status());
        let read = head.with_body(Body::Empty).map(whole);
        assert_eq!(joined(&read), joined(&made));
        assert_eq!(bytes(rest).await, made.body());
    }
}
