//! Invocations and their answers.

use std::time::{Duration, SystemTime};

use super::kit::{delivery, whole, with_api};
use crate::invocation::{Caller, ErrorKind, FunctionError};
use crate::runtime_api::client::{Client, Next};
use crate::runtime_api::server::Delivery;

fn answer(client: &mut Client, response: &str) -> Next {
    let next = client.next_invocation().unwrap();
    client.respond(&next, response.as_bytes()).unwrap();
    next
}

#[test]
fn an_event_reaches_the_runtime_and_its_answer_the_caller() {
    with_api(1, |api, runtime| async move {
        let full = Delivery {
            trace_id: Some("Root=1-5".to_owned()),
            caller: Caller {
                arn: Some("arn:x:PROD".to_owned()),
                client_context: Some("{\"c\":1}".to_owned()),
                cognito_identity: Some(String::new()),
                tenant_id: Some("not\na header".to_owned()),
                ..Caller::default()
            },
            ..delivery("r1", "[1]")
        };
        let (first, next) = tokio::join!(
            api.invoke(full),
            runtime.does(|client| answer(client, "{\"a\":1}"))
        );
        assert_eq!(whole(first), b"{\"a\":1}");
        assert_eq!((&*next.id, &next.event[..]), ("r1", &b"[1]"[..]));
        let deadline = SystemTime::UNIX_EPOCH + Duration::from_millis(1500);
        assert_eq!(next.deadline, Some(deadline));
        assert_eq!(next.arn.as_deref(), Some("arn:x:PROD"));
        assert_eq!(next.trace_id.as_deref(), Some("Root=1-5"));
        assert_eq!(next.client_context.as_deref(), Some("{\"c\":1}"));
        assert_eq!((next.cognito_identity, next.tenant_id), (None, None));

        let (second, next) = tokio::join!(
            api.invoke(delivery("r2", "")),
            runtime.does(|client| answer(client, ""))
        );
        assert_eq!(whole(second), b"");
        assert!(next.arn.unwrap().ends_with(":function:orders"));
        api.ready().await.unwrap();
    });
}

#[test]
fn an_error_comes_with_all_that_the_runtime_says() {
    with_api(1, |api, runtime| async move {
        let error = FunctionError {
            stack_trace: vec!["a".to_owned(), "b".to_owned()],
            ..FunctionError::new(ErrorKind::Panic, "Runtime.Panic", "boom")
        };
        let told = error.clone();
        let (answered, ()) = tokio::join!(
            api.invoke(delivery("r", "{}")),
            runtime.does(move |client| {
                let next = client.next_invocation().unwrap();
                client.fail(&next, &told).unwrap();
            })
        );
        assert_eq!(answered.unwrap_err(), error);
    });
}

#[test]
fn an_error_of_init_is_told_to_whoever_waits_for_the_runtime() {
    with_api(1, |api, runtime| async move {
        let told = FunctionError::new(ErrorKind::Handler, "Runtime.NoPlugin", "none");
        let error = told.clone();
        let (ready, ()) = tokio::join!(
            api.ready(),
            runtime.does(move |client| client.init_error(&told).unwrap())
        );
        assert_eq!(ready.unwrap_err(), error);
    });
}

#[test]
fn a_runtime_may_have_as_many_invocations_as_it_was_promised() {
    with_api(2, |api, runtime| async move {
        let two = runtime.does(|client| {
            let (first, second) = (
                client.next_invocation().unwrap(),
                client.next_invocation().unwrap(),
            );
            let refused = client.next_invocation().unwrap_err().to_string();
            assert!(refused.contains("from Running to Ready"), "{refused}");
            for next in [second, first] {
                client.respond(&next, &next.event).unwrap();
            }
        });
        let (first, second, ()) = tokio::join!(
            api.invoke(delivery("r1", "1")),
            // The same request, tried once more while the first attempt runs.
            api.invoke(delivery("r1", "2")),
            two
        );
        assert_eq!(
            (whole(first), whole(second)),
            (b"1".to_vec(), b"2".to_vec())
        );
    });
}

#[test]
fn an_extension_is_registered_and_waits_for_the_end() {
    with_api(1, |_, runtime| async move {
        let identifier = runtime.does(|client| {
            let identifier = client.register_extension("shim").unwrap();
            let again = client.register_extension("shim").unwrap_err().to_string();
            assert!(again.contains("already registered"), "{again}");
            let unknown = client.next_event("x").unwrap_err().to_string();
            assert!(unknown.contains("Extension.UnknownExtensionIdentifier"));
            client.restored().unwrap();
            identifier
        });
        let identifier = identifier.await;
        // It ends with the server, which cuts it.
        tokio::spawn(runtime.does(move |client| client.next_event(&identifier)));
        let pong = runtime.sends("GET /ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert!(pong.await.ends_with("\r\n\r\npong"));
    });
}
