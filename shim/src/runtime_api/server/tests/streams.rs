//! Answers that are streamed.

use http_body_util::BodyExt as _;

use super::kit::{delivery, with_api};
use crate::invocation::{Answer, Body, BodyError, ErrorKind, FunctionError};
use crate::runtime_api::server::RuntimeApi;

const RESPONSE: &str = "POST /2018-06-01/runtime/invocation/r/response HTTP/1.1\r\nhost: x\r\n\
                        connection: close\r\ntransfer-encoding: chunked\r\n";

async fn streamed(api: &RuntimeApi) -> Body {
    match api.invoke(delivery("r", "{}")).await.unwrap() {
        Answer::Event(body @ Body::Stream(_)) => body,
        other => panic!("not streamed: {other:?}"),
    }
}

async fn all(mut body: Body) -> (Vec<u8>, Option<BodyError>) {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(frame.data_ref().unwrap()),
            Err(error) => return (bytes, Some(error)),
        }
    }
    (bytes, None)
}

#[test]
fn pieces_arrive_while_the_runtime_still_sends() {
    with_api(1, |api, runtime| async move {
        let (go_on, told) = std::sync::mpsc::channel();
        let reader = async {
            let mut body = streamed(&api).await;
            let first = body.frame().await.unwrap().unwrap();
            assert_eq!(first.data_ref().unwrap(), "first");
            go_on.send(()).unwrap();
            assert_eq!(all(body).await, (b"second".to_vec(), None));
        };
        let writer = runtime.does(move |client| {
            let next = client.next_invocation().unwrap();
            let mut stream = client.stream(&next, "text/plain").unwrap();
            stream.chunk(b"first").unwrap();
            told.recv().unwrap();
            stream.chunk(b"second").unwrap();
            stream.finish(None).unwrap();
        });
        tokio::join!(reader, writer);
    });
}

#[test]
fn an_error_in_the_trailers_ends_the_stream() {
    with_api(1, |api, runtime| async move {
        let error = FunctionError::new(ErrorKind::Handler, "Broken", "midway");
        let told = error.clone();
        let writer = runtime.does(move |client| {
            let next = client.next_invocation().unwrap();
            let mut stream = client.stream(&next, "text/plain").unwrap();
            stream.chunk(b"some").unwrap();
            stream.finish(Some(&told)).unwrap();
        });
        let reader = async { all(streamed(&api).await).await };
        let (read, ()) = tokio::join!(reader, writer);
        let failed = BodyError::Failed(Box::new(error));
        assert_eq!(read, (b"some".to_vec(), Some(failed)));
    });
}

#[test]
fn a_stream_that_breaks_off_is_told_and_the_runtime_goes_on() {
    with_api(1, |api, runtime| async move {
        let writer = runtime.does(|client| {
            let next = client.next_invocation().unwrap();
            let mut stream = client.stream(&next, "text/plain").unwrap();
            stream.chunk(b"some").unwrap();
            drop(stream);
            let next = client.next_invocation().unwrap();
            client.respond(&next, b"1").unwrap();
        });
        let reader = async {
            let (bytes, error) = all(streamed(&api).await).await;
            assert_eq!(bytes, b"some");
            assert!(matches!(error, Some(BodyError::CutOff { .. })), "{error:?}");
            api.invoke(delivery("r2", "")).await.unwrap();
        };
        tokio::join!(reader, writer);
    });
}

#[test]
fn trailers_of_a_whole_answer_are_its_error() {
    with_api(1, |api, runtime| async move {
        let writer = async {
            runtime
                .does(|client| client.next_invocation().unwrap())
                .await;
            // Announced with every answer of Go's runtime.
            let body = "4\r\nsome\r\n0\r\nLambda-Runtime-Function-Error-Type: Function.Odd\r\n\
                        Lambda-Runtime-Function-Error-Body: eyJlcnJvck1lc3NhZ2UiOiJtIn0=\r\n\r\n";
            let trailer = "trailer: lambda-runtime-function-error-type\r\n\r\n";
            runtime.sends(format!("{RESPONSE}{trailer}{body}")).await
        };
        let (answered, taken) = tokio::join!(api.invoke(delivery("r", "{}")), writer);
        assert!(taken.starts_with("HTTP/1.1 202 "), "{taken}");
        let error = answered.unwrap_err();
        assert_eq!((&*error.name, &*error.message), ("Function.Odd", "m"));
    });
}

#[test]
fn a_stream_that_nobody_reads_is_taken_all_the_same() {
    with_api(1, |api, runtime| async move {
        let writer = runtime.does(|client| {
            let next = client.next_invocation().unwrap();
            let mut stream = client.stream(&next, "text/plain").unwrap();
            for _ in 0..64 {
                stream.chunk(&[b'x'; 64 * 1024]).unwrap();
            }
            stream.finish(None).unwrap();
        });
        let reader = async { drop(streamed(&api).await) };
        tokio::join!(reader, writer);
    });
}
