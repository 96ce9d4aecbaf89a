//! Errors and panics of handlers: a report to Lambda, a line in the log, and on to the next.

use shim_testkit::runtime_api::{Answer, Endpoint, Function};
use shim_testkit::{Log, Signal, Value, json};

use super::handler;

#[test]
fn an_error_is_reported_with_its_name_and_message() {
    let function = handler("fails").start();
    for (how, name, message) in [
        ("named", "PaymentRequired", "the card was \"declined\"\n"),
        ("own", "OutOfStock", "3 left"),
        ("std", "ParseIntError", "invalid digit found in string"),
        ("text", "Error", "just a text"),
    ] {
        let outcome = function.invoke(json!({ "how": how }));
        outcome.expect_error(name, message);
        assert_eq!(outcome.endpoint(), Endpoint::Error);
    }
    function
        .invoke(json!({ "how": "no" }))
        .expect_response("null");
    assert_eq!(function.connections(), 1);
}

#[test]
fn causes_are_told() {
    let function = handler("fails").start();
    for (how, texts) in [
        ("source", &["the counter is broken", "invalid digit"][..]),
        (
            "anyhow",
            &["cannot read the order", "line 7", "invalid digit"],
        ),
    ] {
        let document = function.invoke(json!({ "how": how })).json();
        let said = document.to_string();
        for text in texts {
            assert!(said.contains(text), "{text} in {document:#}");
        }
    }
}

#[test]
fn an_error_is_one_line_in_the_log_and_a_success_is_none() {
    let function = handler("fails").start();
    function.invoke(json!({ "how": "no" }));
    let outcome = function.invoke(json!({ "how": "own" }));
    let id = outcome.request_id().unwrap();
    let line = function
        .process()
        .wait_for_log("of the error", |log| log.request_id() == id);
    assert_eq!(line.level(), "ERROR");
    let said = format!("{line:?}");
    assert!(
        said.contains("OutOfStock") && said.contains("3 left"),
        "{said}"
    );
    function.invoke(json!({ "how": "no" }));
    let of_invocations = |log: &Log| !log.request_id().is_empty();
    let logs = function.process().logs();
    let count = logs.iter().filter(|log| of_invocations(log)).count();
    assert_eq!(count, 1, "{}", function.process().said());
}

fn frames(document: &Value) -> Vec<String> {
    let trace = document["stackTrace"].as_array();
    let trace = trace.unwrap_or_else(|| panic!("no stackTrace in {document:#}"));
    let text = |frame: &Value| frame.as_str().unwrap_or_default().to_owned();
    trace.iter().map(text).collect()
}

#[test]
fn a_panic_is_reported_with_its_stack() {
    for name in ["panics", "panics_plain"] {
        let function = handler(name).start();
        let outcome = function.invoke(json!({ "how": "text" }));
        outcome.expect_error("Runtime.Panic", "boom");
        assert_eq!(outcome.endpoint(), Endpoint::Error);
        let frames = frames(&outcome.json());
        assert!(frames[0].contains("the_guilty_function"), "{frames:#?}");
        assert!(
            frames
                .iter()
                .any(|frame| frame.contains(&format!("panics::{name}"))),
            "{frames:#?}"
        );
        // The process goes on.
        function
            .invoke(json!({ "how": "no" }))
            .expect_response(r#""no panic""#);
        let id = outcome.request_id().unwrap();
        let line = function.process().wait_for_log("of the panic", |log| {
            log.request_id() == id && log.level() == "ERROR"
        });
        assert!(line.message().contains("boom"), "{line:?}");
    }
}

#[test]
fn in_text_an_error_is_one_line_too() {
    for (how, said) in [("own", "3 left"), ("named", "the card was")] {
        let function = handler("fails").without("AWS_LAMBDA_LOG_FORMAT").start();
        let outcome = function.invoke(json!({ "how": how }));
        function.wait_for_idle(1);
        function.process().signal(Signal::TERM);
        assert_eq!(function.wait_exit(), 0);
        let stderr = function.process().stderr();
        let [line] = stderr.lines().collect::<Vec<_>>()[..] else {
            panic!("{stderr}");
        };
        for part in ["ERROR", said, outcome.request_id().unwrap()] {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
}

#[test]
fn a_panic_is_one_line_in_the_log_with_its_place_and_stack() {
    let function = handler("panics").start();
    let outcome = function.invoke(json!({ "how": "text" }));
    function.wait_for_idle(1);
    function.process().signal(Signal::TERM);
    assert_eq!(function.wait_exit(), 0);
    let id = outcome.request_id().unwrap();
    let logs = function.process().logs();
    // Besides what the panic itself has said.
    let lines = logs
        .iter()
        .filter(|log| !log.message().starts_with("panicked at"));
    let [line] = lines.collect::<Vec<_>>()[..] else {
        panic!("{}", function.process().said());
    };
    assert_eq!(
        (line.request_id(), line.message()),
        (id, "Runtime.Panic: boom")
    );
    assert!(line.text("location").contains("panics.rs:"), "{line:?}");
    let stack = line.text("stack_trace");
    assert!(stack.contains("the_guilty_function"), "{line:?}");
}

#[test]
fn each_panic_has_a_message() {
    let function = handler("panics").start();
    for (how, message) in [
        ("formatted", "boom number 9"),
        ("value", "panicked with a value that is no text"),
        ("after-await", "boom after an await"),
    ] {
        let outcome = function.invoke(json!({ "how": how }));
        outcome.expect_error("Runtime.Panic", message);
    }
}

#[test]
fn a_panicked_instance_is_replaced() {
    let function = handler("instances").start();
    let instance = |function: &Function| function.invoke("{}").json()["instance"].clone();
    assert_eq!(
        (instance(&function), instance(&function)),
        (json!(1), json!(1))
    );
    let outcome = function.invoke(r#"{"panic":true}"#);
    outcome.expect_error("Runtime.Panic", "instance 1 panics");
    assert_eq!(
        (instance(&function), instance(&function)),
        (json!(2), json!(2))
    );
    // An error is not a reason.
    function
        .invoke(r#"{"fail":true}"#)
        .expect_error("Told", "told to fail");
    assert_eq!(instance(&function), json!(2));
}

#[test]
fn the_line_of_an_error_is_there_before_it_is_reported() {
    let function = handler("fails").start();
    let (answer, key) = Answer::accepted().held();
    function.script(Endpoint::Error, answer);
    let outcome = function.invoke(json!({ "how": "own" }));
    let id = outcome.request_id().unwrap();
    // The report has no answer yet.
    function
        .process()
        .wait_for_log("of the error", |log| log.request_id() == id);
    key.open();
}

#[test]
fn a_start_that_fails_fails_its_invocations_until_it_works() {
    let function = handler("start_fails").env("START", "once").start();
    function
        .invoke("{}")
        .expect_error("NoConnection", "start number 1");
    let report = function.invoke("{}").json();
    assert_eq!((&report["starts"], &report["runs"]), (&json!(2), &json!(1)));
}

#[test]
fn x_ray_is_told_of_it_too() {
    let function = handler("fails").start();
    let outcome = function.invoke(r#"{"how":"named"}"#);
    let cause = outcome.header("lambda-runtime-function-xray-error-cause");
    let cause: shim_testkit::Value = serde_json::from_str(cause.unwrap()).unwrap();
    let document = outcome.json();
    assert_eq!(cause["exceptions"][0]["type"], document["errorType"]);
    assert_eq!(cause["exceptions"][0]["message"], document["errorMessage"]);
}
