//! Calls, and the functions that they reach.

use shim_testkit::{Value, json};

use crate::answer::Answer;
use crate::case::Case;
use crate::served::Served;

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

/// Ways to name the function `f`.
pub(crate) const NAMES: [&str; 6] = [
    "f",
    "f:PROD",
    "f:$LATEST",
    "123456789012:function:f",
    ARN,
    "arn:aws:lambda:us-east-1:123456789012:function:f:PROD",
];

/// Expects that `f` has answered.
#[track_caller]
pub(crate) fn from_f(answer: &Answer<'_>) {
    answer.returned().has("log", Value::Null);
    let known = answer.json("payload");
    assert_eq!(known["function_name"], "f");
    assert_eq!(known["function_version"], "$LATEST");
    assert!(known["function_arn"].as_str().unwrap().starts_with(ARN));
    // The id that the client shows is the one that the handler sees.
    answer.has("request_id", known["request_id"].clone());
}

pub(crate) fn cases(served: &Served) -> Vec<Case> {
    let mut cases = vec![busy(served)];
    for name in NAMES {
        cases.push(Case::invoke(served, name, name).expect(from_f));
    }
    cases.extend(ways(served));
    cases.extend(unreached(served));
    cases.extend(context(served));
    cases
}

/// The function has no place for another invocation. It is kept busy for a limited time only.
fn busy(served: &Served) -> Case {
    Case::invoke(served, "busy", "busy").expect(|answer| {
        answer
            .refused_by_type(429, "TooManyRequestsException")
            .has("message", "Rate Exceeded.")
            .has("attempts", 3)
            .has("retry_after", "1")
            .has(
                "reason",
                "ReservedFunctionConcurrentInvocationLimitExceeded",
            );
    })
}

fn ways(served: &Served) -> Vec<Case> {
    let f = |name: &str| Case::invoke(served, name, "f").expect(from_f);
    vec![
        f("qualifier $LATEST").with("qualifier", "$LATEST"),
        f("qualifier PROD").with("qualifier", "PROD"),
        f("AWS_ENDPOINT_URL_LAMBDA").with("endpoint", Value::Null),
        f("base path").at(served.based()),
        f("unsigned").with("keys", Value::Null),
        f("no event").with("payload", ""),
        f("the longest event").with("fill", 6_291_455),
        Case::invoke(served, "version by alias", "versioned:LIVE").expect(|answer| {
            answer.succeeded(200).has("version", "7");
            assert_eq!(answer.json("payload")["function_version"], "7");
        }),
        Case::invoke(served, "version by number", "versioned")
            .with("qualifier", "7")
            .expect(|answer| {
                answer.succeeded(200).has("version", "7");
            }),
    ]
}

fn unreached(served: &Served) -> Vec<Case> {
    vec![
        Case::invoke(served, "unknown function", "nobody").expect(|answer| {
            answer
                .refused_by_type(404, "ResourceNotFoundException")
                .has("attempts", 1)
                .says("message", "Function not found: arn:aws:lambda:us-east-1:")
                .says("message", ":function:nobody:$LATEST");
        }),
        Case::invoke(served, "unknown alias", "f:NONE").expect(|answer| {
            answer
                .refused_by_type(404, "ResourceNotFoundException")
                .says("message", ":function:f:NONE");
        }),
        Case::invoke(served, "two qualifiers", "f:PROD")
            .with("qualifier", "$LATEST")
            .expect(|answer| {
                answer
                    .refused(400, "InvalidParameterValueException")
                    .says("message", "The derived qualifier from the function name");
            }),
        Case::invoke(served, "not a name", "f:1:2").expect(|answer| {
            answer
                .refused(400, "ValidationException")
                .says("message", "1 validation error detected");
        }),
        Case::invoke(served, "not JSON", "f")
            .with("payload", "{\"a\":")
            .expect(|answer| {
                answer
                    .refused_by_type(400, "InvalidRequestContentException")
                    .has("attempts", 1)
                    .says("message", "Could not parse request body into json");
            }),
        Case::invoke(served, "too long an event", "f")
            .with("fill", 6_291_456)
            .expect(|answer| {
                answer
                    .refused(413, "RequestEntityTooLargeException")
                    .has("attempts", 1)
                    .says("message", "Request must be smaller than 6291456 bytes");
            }),
        // Much longer: the answer comes while the client still sends.
        Case::invoke(served, "far too long an event", "f")
            .with("fill", 16 * 1024 * 1024)
            .expect(|answer| {
                answer
                    .refused(413, "RequestEntityTooLargeException")
                    .has("attempts", 1);
            }),
    ]
}

/// What a client tells the handler.
fn context(served: &Served) -> Vec<Case> {
    vec![
        Case::invoke(served, "client context", "f")
            .with("client_context", r#"{"custom":{"colour":"red"}}"#)
            .expect(|answer| {
                let known = answer.returned().json("payload");
                let context = known["client_context"].as_str().unwrap();
                let context: Value = serde_json::from_str(context).unwrap();
                assert_eq!(context, json!({ "custom": { "colour": "red" } }));
            }),
        Case::invoke(served, "tenant", "f")
            .with("tenant", "blue/1")
            .expect(|answer| {
                let known = answer.returned().json("payload");
                assert_eq!(known["tenant_id"], "blue/1");
            }),
    ]
}
