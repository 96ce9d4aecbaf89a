use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body as _, Frame};
use http_body_util::BodyExt as _;

use super::super::{HeadError, NoPrelude, PRELUDE_LIMIT, PreludeError, split};
use super::kit::{bytes, chunks, stream};
use crate::invocation::{BodyError, BoxBody};

const STREAM: &[u8] =
    b" {\"statusCode\": 201, \"headers\": {\"x-a\": \"1\"}, \"cookies\": [\"c=1\"]}\0\0\0\0\0\0\0\0\0\0body";

async fn absent(stream: BoxBody) -> (NoPrelude, Bytes) {
    match split(stream).await {
        Err(PreludeError::Absent { reason, body }) => (reason, bytes(body).await),
        other => panic!("{:?}", other.map(|(head, _)| head)),
    }
}

async fn check(stream: BoxBody) {
    let (head, body) = split(stream).await.unwrap();
    assert_eq!(head.status, 201);
    assert_eq!(head.headers["x-a"], "1");
    assert_eq!(head.headers["set-cookie"], "c=1");
    assert_eq!(head.headers["content-type"], "application/octet-stream");
    // Eight NULs are the boundary; the others are the body's.
    assert_eq!(bytes(body).await, b"\0\0body".as_slice());
}

#[tokio::test]
async fn a_prelude_is_found_wherever_the_stream_is_cut() {
    for at in 0..=STREAM.len() {
        let (head, tail) = STREAM.split_at(at);
        check(chunks([head, tail])).await;
    }
    check(chunks(STREAM.chunks(1))).await;
    check(chunks(STREAM.chunks(3))).await;
}

#[tokio::test]
async fn a_stream_without_a_prelude_loses_nothing() {
    for (text, reason) in [
        ("", NoPrelude::Ended),
        ("  ", NoPrelude::Ended),
        ("{\"statusCode\": 200}", NoPrelude::Ended),
        ("{}\0\0\0\0\0\0\0", NoPrelude::Ended),
        ("hello", NoPrelude::NotJson),
        (" [1]\0\0", NoPrelude::NotJson),
        ("png\0\0\0\0\0\0\0\0{}", NoPrelude::NotJson),
        ("\0\0\0\0\0\0\0\0{}", NoPrelude::NotJson),
    ] {
        for size in 1..=text.len().max(1) {
            let (seen, all) = absent(chunks(text.as_bytes().chunks(size))).await;
            assert_eq!((seen, all), (reason, Bytes::from_static(text.as_bytes())));
        }
    }
}

#[tokio::test]
async fn a_prelude_is_looked_for_within_the_limit() {
    let mut longest = vec![b' '; PRELUDE_LIMIT - 2];
    longest.extend_from_slice(b"{}\0\0\0\0\0\0\0\0body");
    let mut longer = longest.clone();
    longer.insert(0, b' ');
    for size in [1000, 65_536, 1_000_000] {
        let (head, body) = split(chunks(longest.chunks(size))).await.unwrap();
        assert_eq!(head.status, 200);
        assert_eq!(bytes(body).await, "body");
        let (reason, all) = absent(chunks(longer.chunks(size))).await;
        assert_eq!(reason, NoPrelude::TooLong);
        assert_eq!(all, longer);
    }
}

#[tokio::test]
async fn a_wrong_prelude_is_an_error() {
    let wrong = async |text: &str| match split(chunks([text.as_bytes()])).await {
        Err(error) => error,
        Ok((head, _)) => panic!("{head:?}"),
    };
    let nul = "\0".repeat(8);
    let error = wrong(&format!("{{nonsense{nul}")).await;
    assert!(matches!(error, PreludeError::NotJson { .. }), "{error}");
    let error = wrong(&format!("{{\"statusCode\":99}}{nul}")).await;
    let status = HeadError::StatusCode {
        given: "99".to_owned(),
    };
    assert!(matches!(error, PreludeError::Head(error) if error == status));
}

#[tokio::test]
async fn a_stream_that_fails_in_its_prelude_is_an_error() {
    let cut = BodyError::CutOff {
        reason: "gone".to_owned(),
    };
    let start = Ok(Frame::data(Bytes::from_static(b"{\"status")));
    let error = split(stream([start, Err(cut.clone())])).await.map(|_| ());
    assert!(matches!(error, Err(PreludeError::Stream(error)) if error == cut));
}

#[tokio::test]
async fn a_stream_that_fails_after_its_prelude_fails_in_its_body() {
    let cut = BodyError::CutOff {
        reason: "gone".to_owned(),
    };
    let start = Ok(Frame::data(Bytes::from_static(STREAM)));
    let (_, mut body) = split(stream([start, Err(cut.clone())])).await.unwrap();
    let first = body.frame().await.unwrap().unwrap();
    assert_eq!(first.into_data().unwrap(), b"\0\0body".as_slice());
    assert_eq!(body.frame().await.unwrap().unwrap_err(), cut);
}

#[tokio::test]
async fn trailers_and_lengths_survive() {
    let trailers = HeaderMap::from_iter([(
        http::HeaderName::from_static("x-end"),
        HeaderValue::from_static("1"),
    )]);
    for (start, rest) in [(STREAM, b"\0\0body".as_slice()), (b"{", b"{")] {
        let frames = [
            Ok(Frame::data(Bytes::from_static(start))),
            Ok(Frame::trailers(trailers.clone())),
        ];
        let body = match split(stream(frames)).await {
            Ok((_, body)) | Err(PreludeError::Absent { body, .. }) => body,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(body.size_hint().lower(), rest.len() as u64);
        assert!(!body.is_end_stream());
        let all = body.collect().await.unwrap();
        assert_eq!(all.trailers(), Some(&trailers));
        assert_eq!(all.to_bytes(), rest);
    }
}
