//! How invocations end, and how often they ran.

use shim_testkit::{Value, eventually, json};

use crate::case::Case;
use crate::served::Served;

pub(crate) fn cases(served: &Served) -> Vec<Case> {
    let mut cases = failures(served);
    cases.extend(kinds(served));
    cases.extend(logs(served));
    cases.push(slow(served));
    cases
}

/// How often `counted` and `short` must have run, by name, when all cases are done. No SDK may take
/// a function's error for a reason to try again.
pub(crate) fn check_runs(served: &Served) {
    for name in ["fail", "panic", "stream-fail", "slow"] {
        assert_eq!(served.runs("counted", name), 1, "{name}\n{}", served.said());
    }
    assert_eq!(served.runs("short", "timeout"), 1, "{}", served.said());
    assert_eq!(served.runs("counted", "dry"), 0, "{}", served.said());
    for name in ["event", "invoke-async"] {
        eventually(name, || (served.runs("counted", name) > 0).then_some(()));
        assert_eq!(served.runs("counted", name), 1, "{name}\n{}", served.said());
    }
}

fn failures(served: &Served) -> Vec<Case> {
    vec![
        Case::invoke(served, "function error", "counted")
            .event(&json!({ "run": "fail", "end": "fail" }))
            .expect(|answer| {
                answer.function_failed("Told", "run 1 was told to fail");
            }),
        Case::invoke(served, "panic", "counted")
            .event(&json!({ "run": "panic", "end": "panic" }))
            .expect(|answer| {
                answer.function_failed("Runtime.Panic", "run 1 was told to panic");
            }),
        Case::invoke(served, "timeout", "short")
            .event(&json!({ "run": "timeout", "sleep_ms": 20_000 }))
            .expect(|answer| {
                let text = "Error: Task timed out after 0.30 seconds";
                answer.function_failed("Sandbox.Timedout", text);
            }),
    ]
}

/// Invocations of other types than `RequestResponse`.
fn kinds(served: &Served) -> Vec<Case> {
    vec![
        Case::invoke(served, "event", "counted")
            .event(&json!({ "run": "event" }))
            .with("type", "Event")
            .expect(|answer| {
                answer
                    .succeeded(202)
                    .has("payload", "")
                    .has("version", Value::Null)
                    .has("function_error", Value::Null);
            }),
        Case::invoke(served, "too long for an event", "counted")
            .with("fill", 1024 * 1024 + 1)
            .with("type", "Event")
            .expect(|answer| {
                answer
                    .refused(413, "RequestEntityTooLargeException")
                    .says("message", "too large for the Event invocation type");
            }),
        Case::invoke(served, "dry run", "counted")
            .event(&json!({ "run": "dry" }))
            .with("type", "DryRun")
            .expect(|answer| {
                answer.succeeded(204).has("payload", "");
            }),
        Case::invoke_async(served, "invoke async", "counted")
            .event(&json!({ "run": "invoke-async" }))
            .expect(|answer| {
                answer.succeeded(202).has("said", 202);
            }),
        Case::invoke_async(served, "invoke async of nobody", "nobody").expect(|answer| {
            answer.refused_by_type(404, "ResourceNotFoundException");
        }),
        Case::invoke(served, "no response", "nothing").expect(|answer| {
            answer.returned().has("payload", "null");
        }),
    ]
}

fn logs(served: &Served) -> Vec<Case> {
    vec![
        Case::invoke(served, "log", "logs")
            .event(&json!({ "tag": "x" }))
            .with("log", "Tail")
            .expect(|answer| {
                let id = answer.returned().text("request_id");
                answer
                    .says("log", &format!("START RequestId: {id} Version: $LATEST\n"))
                    .says("log", "in a plain function")
                    .says("log", &format!("END RequestId: {id}\n"))
                    .says("log", &format!("REPORT RequestId: {id}\tDuration: "));
            }),
        Case::invoke(served, "log of a failure", "counted")
            .event(&json!({ "run": "log", "end": "fail" }))
            .with("log", "Tail")
            .expect(|answer| {
                answer
                    .function_failed("Told", "was told to fail")
                    .says("log", "was told to fail")
                    .says("log", "REPORT RequestId: ");
            }),
    ]
}

/// A client that has less patience than the function takes, and asks again.
fn slow(served: &Served) -> Case {
    Case::invoke(served, "slow", "counted")
        .event(&json!({ "run": "slow", "sleep_ms": 2000 }))
        .with("read_timeout", 1)
        .expect(|answer| {
            answer
                .has("error", Value::Null)
                .has("status", 200)
                .has("payload", "1");
            assert!(answer.number("attempts") > 1, "it did not ask again");
        })
}
