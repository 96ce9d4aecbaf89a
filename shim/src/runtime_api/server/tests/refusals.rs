//! What a runtime may not do, and how it is told.

use super::kit::{delivery, with_api};
use crate::invocation::{ErrorKind, FunctionError, MAX_RESPONSE};
use crate::runtime_api::client::ClientError;

const RESPONSE: &str = "/2018-06-01/runtime/invocation/r/response";

fn refused(error: &ClientError) -> (u16, &str) {
    match error {
        ClientError::Refused {
            status, message, ..
        } => (*status, message),
        other => panic!("not refused: {other}"),
    }
}

#[test]
fn an_answer_to_nothing_is_refused() {
    with_api(1, |_, runtime| async move {
        let answer = runtime.posts(RESPONSE, "", "1").await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        let document = r#"{"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}"#;
        assert!(answer.ends_with(document), "{answer}");
        let answer = runtime.posts("/2018-06-01/runtime/other", "", "").await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    });
}

#[test]
fn a_second_answer_and_an_error_of_init_after_it_are_refused() {
    with_api(1, |api, runtime| async move {
        let twice = runtime.does(|client| {
            let next = client.next_invocation().unwrap();
            client.respond(&next, b"1").unwrap();
            let error = client.respond(&next, b"2").unwrap_err();
            let (status, message) = refused(&error);
            assert_eq!(status, 403);
            assert!(message.contains("from RuntimeResponseSentState to InvocationResponse failed"));
            let error = FunctionError::new(ErrorKind::Handler, "E", "m");
            let error = client.init_error(&error).unwrap_err();
            assert_eq!(refused(&error).0, 403);
            assert!(client.register_extension("late").is_err());
        });
        let (answered, ()) = tokio::join!(api.invoke(delivery("r", "{}")), twice);
        answered.unwrap();
    });
}

#[test]
fn the_answer_to_an_abandoned_invocation_is_late() {
    with_api(1, |api, runtime| async move {
        let (fetched, was_fetched) = tokio::sync::oneshot::channel();
        let (go_on, told) = std::sync::mpsc::channel::<()>();
        let late = runtime.does(move |client| {
            let next = client.next_invocation().unwrap();
            fetched.send(()).unwrap();
            told.recv().unwrap();
            let error = client.respond(&next, b"1").unwrap_err();
            let (status, message) = refused(&error);
            let document = r#"{"errorType":"InvokeTimeout","errorMessage":"Invoke timeout"}"#;
            assert_eq!((status, message), (410, document));
            // The same request, once more: the late answer is still none to it.
            let again = client.next_invocation().unwrap();
            assert_eq!(refused(&client.respond(&next, b"1").unwrap_err()).0, 410);
            client.respond(&again, b"2").unwrap();
        });
        let caller = async {
            tokio::select! {
                _ = api.invoke(delivery("r", "{}")) => panic!("nobody answered"),
                fetched = was_fetched => fetched.unwrap(),
            }
            go_on.send(()).unwrap();
            api.invoke(delivery("r", "{}")).await.unwrap();
        };
        tokio::join!(late, caller);
    });
}

#[test]
fn an_invocation_that_was_abandoned_in_the_queue_is_not_handed_out() {
    with_api(1, |api, runtime| async move {
        tokio::select! {
            biased;
            _ = api.invoke(delivery("gone", "{}")) => panic!("nobody answered"),
            () = std::future::ready(()) => {}
        }
        let next = runtime.does(|client| {
            let next = client.next_invocation().unwrap();
            client.respond(&next, b"1").unwrap();
            next
        });
        let (answered, next) = tokio::join!(api.invoke(delivery("r", "{}")), next);
        answered.unwrap();
        assert_eq!(&*next.id, "r");
    });
}

#[test]
fn an_answer_that_is_too_large_is_read_refused_and_told_to_the_caller() {
    with_api(1, |api, runtime| async move {
        let large = runtime.does(|client| {
            let next = client.next_invocation().unwrap();
            let fits = vec![b'x'; MAX_RESPONSE];
            client.respond(&next, &fits).unwrap();
            let next = client.next_invocation().unwrap();
            let error = client.respond(&next, &[fits, vec![b'x']].concat());
            let error = error.unwrap_err();
            assert_eq!(refused(&error).0, 413);
            assert!(error.to_string().contains("(6291556 bytes)"), "{error}");
        });
        let callers = async {
            api.invoke(delivery("r1", "")).await.unwrap();
            let error = api.invoke(delivery("r2", "")).await.unwrap_err();
            assert_eq!(error.name, "Function.ResponseSizeTooLarge");
        };
        tokio::join!(large, callers);
    });
}

#[test]
fn an_answer_that_breaks_off_or_has_an_odd_mode_is_an_error_of_the_runtime() {
    with_api(1, |api, runtime| async move {
        let odd = async {
            runtime
                .does(|client| client.next_invocation().unwrap())
                .await;
            let head =
                format!("POST {RESPONSE} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n12");
            runtime.sends(head).await;
            runtime
                .does(|client| client.next_invocation().unwrap())
                .await;
            let mode = "lambda-runtime-function-response-mode: odd\r\n";
            let answer = runtime.posts(RESPONSE, mode, "1").await;
            assert!(answer.contains("InvalidFunctionResponseMode"), "{answer}");
        };
        let callers = async {
            let error = api.invoke(delivery("r", "")).await.unwrap_err();
            assert_eq!(error.name, "Runtime.TruncatedResponse");
            let error = api.invoke(delivery("r", "")).await.unwrap_err();
            assert_eq!(error.name, "Runtime.InvalidResponseModeHeader");
        };
        tokio::join!(odd, callers);
    });
}
