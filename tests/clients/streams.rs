//! `InvokeWithResponseStream`.

use shim_testkit::{Value, json};

use crate::answer::Answer;
use crate::calls::NAMES;
use crate::case::Case;
use crate::served::Served;

/// Expects an answer that was streamed to its end, without an error.
#[track_caller]
fn completed<'a>(answer: &'a Answer<'_>) -> &'a Answer<'a> {
    answer
        .succeeded(200)
        .has("version", "$LATEST")
        .has("completed", true)
        .has("error_code", Value::Null)
        .has("error_details", Value::Null)
}

/// Expects an answer that ends with the error of the function.
#[track_caller]
fn failed(answer: &Answer<'_>, error_type: &str, text: &str) {
    answer
        .succeeded(200)
        .has("completed", true)
        .has("error_code", "Unhandled");
    let details = answer.json("error_details");
    assert_eq!(details["errorType"], error_type);
    let message = details["errorMessage"].as_str().unwrap();
    assert!(message.contains(text), "{message}");
}

pub(crate) fn cases(served: &Served) -> Vec<Case> {
    let mut cases = whole(served);
    cases.extend(broken(served));
    // Signed, too.
    for name in NAMES {
        let case = Case::stream(served, &format!("stream {name}"), name);
        cases.push(case.at(served.signed()).expect(|answer| {
            completed(answer);
        }));
    }
    cases
}

fn whole(served: &Served) -> Vec<Case> {
    vec![
        Case::stream(served, "stream", "pieces")
            .event(&json!({ "pieces": 3 }))
            .expect(|answer| {
                completed(answer)
                    .has("pieces", json!(["piece 1;", "piece 2;", "piece 3;"]))
                    .has("log", Value::Null);
            }),
        Case::stream(served, "stream of nothing", "pieces")
            .event(&json!({ "pieces": 0 }))
            .expect(|answer| {
                completed(answer).has("pieces", json!([]));
            }),
        Case::stream(served, "stream of a whole response", "counted")
            .event(&json!({ "run": "stream" }))
            .expect(|answer| {
                completed(answer).has("pieces", json!(["1"]));
            }),
        Case::stream(served, "stream and log", "logs")
            .event(&json!({ "tag": "x" }))
            .with("log", "Tail")
            .expect(|answer| {
                completed(answer)
                    .says("log", "START RequestId: ")
                    .says("log", "in a plain function")
                    .says("log", "REPORT RequestId: ");
            }),
    ]
}

fn broken(served: &Served) -> Vec<Case> {
    vec![
        Case::stream(served, "stream of a failure", "counted")
            .event(&json!({ "run": "stream-fail", "end": "fail" }))
            .expect(|answer| {
                answer.has("pieces", json!([]));
                failed(answer, "Told", "run 1 was told to fail");
            }),
        Case::stream(served, "stream that fails", "pieces")
            .event(&json!({ "pieces": 2, "fail": true }))
            .expect(|answer| {
                answer.has("pieces", json!(["piece 1;", "piece 2;"]));
                failed(answer, "Torn", "the tape broke");
            }),
        Case::stream(served, "stream that panics", "torn").expect(|answer| {
            answer.has("pieces", json!(["a piece;", "a piece;"]));
            failed(answer, "Runtime.Panic", "the stream went wrong");
        }),
        Case::stream(served, "stream of nobody", "nobody").expect(|answer| {
            answer.refused_by_type(404, "ResourceNotFoundException");
        }),
        Case::stream(served, "stream of what is not JSON", "f")
            .with("payload", "{\"a\":")
            .expect(|answer| {
                answer.refused_by_type(400, "InvalidRequestContentException");
            }),
    ]
}
