//! What each of the two runtimes sends, and how.

use std::time::{Duration, UNIX_EPOCH};

use shim_testkit::json;
use shim_testkit::runtime_api::{Endpoint, Event, Received};

use super::both;

/// As AWS's SDKs for mobile systems send it: lambda_runtime ends at one without these.
const CLIENT_CONTEXT: &str = r#"{"client":{"installation_id":"i","app_title":"t",
    "app_version_name":"v","app_version_code":"1","app_package_name":"p"},
    "custom":{"a":"b"},"env":{}}"#;

const TORN: &str = r#"{"pieces":2,"fail":true}"#;

/// Both answers to an event, lambda_runtime's first; `None` without lambda_runtime.
fn answers(handler: &str, event: impl Into<Event>) -> Option<[Received; 2]> {
    let event = event.into();
    let functions = both(handler)?;
    Some(functions.map(|lambda| lambda.start().invoke(event.clone())))
}

#[test]
fn both_answer_alike() {
    let Some(answers) = answers("greet", r#"{"name":"you"}"#) else {
        return;
    };
    for answer in answers {
        answer.expect_json(&json!({ "text": "Hello, you!" }));
        assert!(!answer.is_chunked(), "{answer:#?}");
    }
}

#[test]
fn both_tell_of_an_error_alike() {
    let Some(answers) = answers("fails", r#"{"how":"named"}"#) else {
        return;
    };
    let [theirs, ours] = answers;
    for answer in [&theirs, &ours] {
        assert_eq!(answer.endpoint(), Endpoint::Error, "{answer:#?}");
    }
    assert_eq!(theirs.json(), ours.json());
    ours.expect_error("PaymentRequired", "the card was \"declined\"\n");
}

#[test]
fn both_refuse_an_event_of_another_shape() {
    let Some(answers) = answers("greet", r#"{"names":"you"}"#) else {
        return;
    };
    for answer in answers {
        assert_eq!(answer.endpoint(), Endpoint::Error, "{answer:#?}");
        let message = answer.json()["errorMessage"].to_string();
        assert!(message.contains("missing field `name`"), "{message}");
    }
}

#[test]
fn both_tell_of_a_panic_and_go_on() {
    let Some(functions) = both("panics") else {
        return;
    };
    for lambda in functions {
        let function = lambda.start();
        for _ in 0..2 {
            let answer = function.invoke(r#"{"how":"text"}"#);
            assert_eq!(answer.endpoint(), Endpoint::Error, "{answer:#?}");
            let message = answer.json()["errorMessage"].to_string();
            assert!(message.contains("boom"), "{message}");
        }
    }
}

#[test]
fn both_know_the_same_of_an_invocation() {
    let event = Event::new("{}")
        .deadline(UNIX_EPOCH + Duration::from_millis(4_102_444_800_123))
        .header(
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:tested:PROD",
        )
        .header(
            "Lambda-Runtime-Trace-Id",
            "Root=1-5bef4de7-ad49b0e8;Sampled=1",
        )
        .header(
            "Lambda-Runtime-Client-Context",
            &CLIENT_CONTEXT.replace('\n', ""),
        )
        .header(
            "Lambda-Runtime-Cognito-Identity",
            r#"{"cognitoIdentityId":"id","cognitoIdentityPoolId":"pool"}"#,
        )
        .header("Lambda-Runtime-Aws-Tenant-Id", "blue")
        .header("Lambda-Runtime-Invocation-Id", "one-delivery");
    let Some(answers) = answers("dump", event) else {
        return;
    };
    let [theirs, ours] = answers;
    for answer in [&theirs, &ours] {
        let echo = answer.header("lambda-runtime-invocation-id");
        assert_eq!(echo, Some("one-delivery"), "{answer:#?}");
    }
    let (theirs, ours) = (theirs.json(), ours.json());
    for key in [
        "request_id",
        "function_name",
        "function_version",
        "function_arn",
        "memory_limit_mb",
        "deadline",
        "trace_id",
        "cognito_identity",
        "tenant_id",
    ] {
        assert!(!ours[key].is_null(), "{key} in {ours:#}");
        assert_eq!(theirs[key], ours[key], "{key}");
    }
    // Text here, parsed there.
    let context: shim_testkit::Value =
        serde_json::from_str(ours["client_context"].as_str().unwrap()).unwrap();
    assert_eq!(theirs["client_context"]["custom"], context["custom"]);
}

#[test]
fn both_stream_alike() {
    let Some(answers) = answers("tape", r#"{"pieces":3}"#) else {
        return;
    };
    let [theirs, ours] = answers;
    for answer in [&theirs, &ours] {
        let mode = answer.header("lambda-runtime-function-response-mode");
        assert_eq!(mode, Some("streaming"), "{answer:#?}");
        assert!(answer.is_chunked(), "{answer:#?}");
    }
    ours.expect_response("piece 1;piece 2;piece 3;");
    assert_eq!(after_prelude(&theirs), ours.text());
}

#[test]
fn a_stream_that_fails_has_trailers_here_and_text_of_them_there() {
    let Some(answers) = answers("tape", TORN) else {
        return;
    };
    let [theirs, ours] = answers;
    ours.expect_response("piece 1;piece 2;");
    let document = ours.expect_trailing_error();
    assert_eq!(document["errorType"], "Torn");
    assert_eq!(document["errorMessage"], "the tape broke");
    // If this fails with a later version of it, the two may be held to the same.
    let (name, body) = (
        "lambda-runtime-function-error-type",
        "Lambda-Runtime-Function-Error-Body: ",
    );
    assert_eq!(theirs.trailer(name), None, "{theirs:#?}");
    let text = after_prelude(&theirs);
    assert!(text.starts_with("piece 1;piece 2;Lambda-Runtime-Function-Error-Type: "));
    assert!(text.contains(body), "{text}");
}

#[test]
fn both_tell_what_keeps_them_from_being_set_up() {
    let Some(functions) = both("init_fails") else {
        return;
    };
    for lambda in functions {
        // Only there does lambda_runtime tell of any.
        let lambda = lambda.env("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
        let (finished, requests) = lambda.run();
        assert_ne!(finished.code(), 0);
        let [report] = &requests[..] else {
            panic!("{requests:#?}\n{}", finished.stderr());
        };
        assert_eq!(report.endpoint(), Endpoint::InitError);
        assert_eq!(report.json()["errorMessage"], "connection refused");
        assert!(report.json()["errorType"].is_string());
    }
}

/// What comes after the head of an HTTP response, which lambda_runtime puts before every stream.
#[track_caller]
fn after_prelude(answer: &Received) -> String {
    let text = answer.text();
    let (head, rest) = text.split_once("\0\0\0\0\0\0\0\0").expect("a prelude");
    assert!(head.contains("\"statusCode\":200"), "{head}");
    rest.to_owned()
}
