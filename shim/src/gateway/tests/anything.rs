//! Whatever comes in, a request or an error comes out.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::super::{Form, prelude, request, response};
use super::kit::{alb, v1, v2};

const ROUNDS: usize = 20_000;

/// Numbers that look random and are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Up to `limit` bytes, of those that matter to the parsers more often than not.
    fn bytes(&mut self, limit: usize) -> Vec<u8> {
        let length = self.below(limit + 1);
        let byte = |_| match self.below(4) {
            0 => self.next() as u8,
            1 => b"\0\r\n\t \x7f\x80\xc3\xa9\xff"[self.below(10)],
            _ => {
                let known = b"{}[]\":,+%=&;/?#*@.-0123456789aeflnrstu\\";
                known[self.below(known.len())]
            }
        };
        (0..length).map(byte).collect()
    }
}

fn events() -> Vec<Vec<u8>> {
    let rest = json!({
        "headers": { "content-length": "5", "x-é": "1", "Host": "a" },
        "multiValueHeaders": { "a": ["1", "\u{e9}"], "b": [] },
        "queryStringParameters": { "a": "1%2" },
        "multiValueQueryStringParameters": { "a": ["1", "2 "] },
        "cookies": ["a=1"],
        "body": "aGk=",
        "isBase64Encoded": true,
        "pathParameters": { "id": "%" },
    });
    let events = [v1(rest.clone()), v2(rest.clone()), alb(rest)];
    events
        .iter()
        .map(|event| event.to_string().into_bytes())
        .collect()
}

#[test]
fn every_event_is_a_request_or_refused() {
    let mut random = Random(1);
    let (events, mut read) = (events(), 0);
    for _ in 0..ROUNDS {
        let mut event = events[random.below(events.len())].clone();
        for _ in 0..random.below(4) {
            let at = random.below(event.len());
            let until = (at + random.below(3)).min(event.len());
            let with = random.bytes(3);
            event.splice(at..until, with);
        }
        let event = Bytes::from(event);
        if let Ok(http) = request(&event, random.below(2) == 0) {
            read += 1;
            serde_json::from_str::<Value>(&http.context).unwrap();
            assert!(http.request.uri().path().starts_with('/'));
        }
    }
    assert!((ROUNDS / 4..ROUNDS).contains(&read), "{read}");
    for event in &events {
        for end in 0..event.len() {
            assert!(request(&Bytes::copy_from_slice(&event[..end]), false).is_err());
        }
    }
}

#[test]
fn deep_json_is_a_request_or_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [100, 1000, 100_000] {
            let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            for member in [
                "headers",
                "multiValueHeaders",
                "cookies",
                "body",
                "requestContext",
                "x",
            ] {
                let event = format!(r#"{{"httpMethod":"GET","path":"/","{member}":{deep}}}"#);
                let _ = request(&event.into(), false);
            }
            let _ = request(&deep.into(), false);
        }
    }
}

#[test]
fn every_response_is_json() {
    let mut random = Random(2);
    for _ in 0..ROUNDS {
        let mut made = Response::new(());
        let status = 200 + random.below(800) as u16;
        *made.status_mut() = StatusCode::from_u16(status).unwrap();
        for _ in 0..random.below(6) {
            let names = [
                "content-type",
                "content-encoding",
                "set-cookie",
                "content-length",
                "x-a",
            ];
            let name = HeaderName::from_static(names[random.below(names.len())]);
            if let Ok(value) = HeaderValue::from_bytes(&random.bytes(12)) {
                made.headers_mut().append(name, value);
            }
        }
        let (head, ()) = made.into_parts();
        let body = random.bytes(40);
        for form in [
            Form::V1,
            Form::V2,
            Form::Alb {
                multi_value: random.below(2) == 0,
            },
        ] {
            let answer: Value = serde_json::from_slice(&response(form, &head, &body)).unwrap();
            assert_eq!(answer["statusCode"], status);
        }
        let prelude = prelude(&head);
        let json = prelude.strip_suffix(&[0; 8]).unwrap();
        serde_json::from_slice::<Value>(json).unwrap();
    }
}
