//! Events, and what they come to.

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use serde_json::{Value, json};

use super::super::{Form, HttpEvent, NotHttp, request, response};
use crate::invocation::Body;

pub(super) fn read(event: &Value) -> Result<HttpEvent, NotHttp> {
    request(&event.to_string().into(), false)
}

#[track_caller]
pub(super) fn http(event: &Value) -> Request<Body> {
    read(event).unwrap().request
}

/// The bytes of a body that is whole.
pub(super) fn whole(body: Body) -> Bytes {
    match body {
        Body::Empty => Bytes::new(),
        Body::Full(bytes) => bytes,
        Body::Stream(_) => panic!("a stream"),
    }
}

/// An event of payload format 1.0 with these members too.
pub(super) fn v1(members: Value) -> Value {
    let mut event = json!({
        "httpMethod": "GET",
        "path": "/",
        "requestContext": { "stage": "$default", "domainName": "x.execute-api.eu-west-1.amazonaws.com" },
    });
    merge(&mut event, members);
    event
}

/// An event of payload format 2.0 with these members too.
pub(super) fn v2(members: Value) -> Value {
    let mut event = json!({
        "version": "2.0",
        "rawPath": "/",
        "rawQueryString": "",
        "requestContext": {
            "http": { "method": "GET" },
            "stage": "$default",
            "domainName": "x.execute-api.eu-west-1.amazonaws.com",
        },
    });
    merge(&mut event, members);
    event
}

/// An event of a load balancer with these members too.
pub(super) fn alb(members: Value) -> Value {
    let mut event = json!({
        "httpMethod": "GET",
        "path": "/",
        "requestContext": { "elb": { "targetGroupArn": "arn:…" } },
    });
    merge(&mut event, members);
    event
}

/// Objects are merged, all else is replaced.
fn merge(into: &mut Value, members: Value) {
    match (into, members) {
        (Value::Object(into), Value::Object(members)) => {
            for (name, member) in members {
                merge(into.entry(name).or_insert(Value::Null), member);
            }
        }
        (into, members) => *into = members,
    }
}

/// The values of a header.
pub(super) fn all<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    let values = headers.get_all(name).iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

/// The answer in `form` to a response with these headers.
pub(super) fn answer(form: Form, status: u16, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let mut made = Response::builder().status(status);
    for (name, value) in headers {
        made = made.header(*name, *value);
    }
    let (head, ()) = made.body(()).unwrap().into_parts();
    serde_json::from_slice(&response(form, &head, body)).unwrap()
}
