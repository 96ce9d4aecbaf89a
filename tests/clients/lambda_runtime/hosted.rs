//! What callers see of the two runtimes, which the shim's own host feeds.

use std::time::{Duration, SystemTime};

use http_body_util::BodyExt as _;
use shim::invocation::{Answer, Body, BodyError, Caller, FunctionError, RequestId};
use shim::runtime_api::server::{Delivery, RuntimeApi, Settings};
use shim_testkit::PATIENCE;
use shim_testkit::runtime_api::Lambda;

use super::both;

/// What a caller gets: the bytes of an answer, and the error that ended it.
type Seen = (Vec<u8>, Option<(String, String)>);

/// Hands the events to a function, one after the other, and returns what came of each.
fn seen(lambda: Lambda, events: &[&'static str]) -> Result<Vec<Seen>, FunctionError> {
    hosted(lambda, async |api| {
        api.ready().await?;
        let mut all = Vec::new();
        for event in events {
            all.push(match api.invoke(delivery(event)).await {
                Ok(Answer::Event(body)) => read(body).await,
                Ok(Answer::Http(_)) => unreachable!("the Runtime API has none"),
                Err(error) => (Vec::new(), Some((error.name, error.message))),
            });
        }
        Ok(all)
    })
}

fn delivery(event: &'static str) -> Delivery {
    Delivery {
        id: RequestId::random(),
        event: event.into(),
        deadline: SystemTime::now() + Duration::from_secs(60),
        trace_id: None,
        caller: Caller::default(),
    }
}

async fn read(mut body: Body) -> Seen {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
            Err(BodyError::Failed(error)) => return (bytes, Some((error.name, error.message))),
            Err(error) => panic!("{error}"),
        }
    }
    (bytes, None)
}

/// Runs the function under a host of the shim's while `test` uses it.
fn hosted<T>(lambda: Lambda, test: impl AsyncFnOnce(RuntimeApi) -> T) -> T {
    let mut tokio = tokio::runtime::Builder::new_multi_thread();
    let tokio = tokio.enable_all().build().unwrap();
    tokio.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let api = RuntimeApi::new(Settings {
            function: "tested".to_owned(),
            version: "$LATEST".to_owned(),
            handler: "behaviours.any".to_owned(),
            arn: "arn:aws:lambda:eu-west-1:123456789012:function:tested".to_owned(),
            concurrency: 1,
        });
        let served = api.clone();
        let serving = tokio::spawn(async move {
            served.serve(listener, std::future::pending()).await;
        });
        let function = lambda.env("AWS_LAMBDA_RUNTIME_API", address).start();
        let tested = tokio::time::timeout(PATIENCE, test(api)).await;
        serving.abort();
        drop(function);
        tested.expect("the runtime answers in time")
    })
}

/// Both runtimes' outcomes, lambda_runtime's first; `None` without lambda_runtime.
fn both_seen(handler: &str, events: &[&'static str]) -> Option<[Vec<Seen>; 2]> {
    let functions = both(handler)?;
    Some(functions.map(|lambda| seen(lambda, events).expect("it is set up")))
}

fn answered(bytes: &[u8]) -> Seen {
    (bytes.to_vec(), None)
}

fn failed(bytes: &[u8], name: &str, message: &str) -> Seen {
    (bytes.to_vec(), Some((name.to_owned(), message.to_owned())))
}

#[test]
fn callers_see_the_same_answers() {
    let events = [r#"{"name":"you"}"#, r#"{"name":"é"}"#];
    let Some(seen) = both_seen("greet", &events) else {
        return;
    };
    for outcomes in seen {
        let expected = [r#"{"text":"Hello, you!"}"#, r#"{"text":"Hello, é!"}"#];
        let expected = expected.map(|text| answered(text.as_bytes()));
        assert_eq!(outcomes, expected);
    }
}

#[test]
fn callers_see_the_same_errors() {
    let events = [r#"{"how":"named"}"#; 2];
    let Some(seen) = both_seen("fails", &events) else {
        return;
    };
    let expected = failed(b"", "PaymentRequired", "the card was \"declined\"\n");
    for outcomes in seen {
        assert_eq!(outcomes, [expected.clone(), expected.clone()]);
    }
}

#[test]
fn callers_see_where_a_stream_of_ours_fails() {
    let events = [r#"{"pieces":2,"fail":true}"#, r#"{"pieces":1}"#];
    let Some([theirs, ours]) = both_seen("tape", &events) else {
        return;
    };
    let torn = failed(b"piece 1;piece 2;", "Torn", "the tape broke");
    assert_eq!(ours, [torn, answered(b"piece 1;")]);
    // What they send as text is not to be told from a part of the response.
    let (bytes, error) = &theirs[0];
    assert!(error.is_none() && bytes.len() > ours[0].0.len());
    let rest = &theirs[1].0;
    assert!(rest.ends_with(b"\0piece 1;"), "{rest:?}");
}

#[test]
fn callers_see_what_keeps_a_function_from_being_set_up() {
    let Some(functions) = both("init_fails") else {
        return;
    };
    for lambda in functions {
        let lambda = lambda.env("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
        let error = seen(lambda, &[]).unwrap_err();
        assert_eq!(error.message, "connection refused");
    }
}
