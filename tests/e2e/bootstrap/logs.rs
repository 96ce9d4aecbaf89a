//! What stands in the log, and how.

use shim_testkit::runtime_api::{Function, Lambda};
use shim_testkit::{Log, Value, json};

use super::handler;

/// The numbers of the lines of a part of the story, in the order in which they were written.
fn lines(function: &Function, part: &str) -> Vec<u64> {
    let stderr = function.process().stderr();
    let logs = stderr
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_part = logs.filter(|log| log["message"].as_str().unwrap().starts_with(part));
    of_part.map(|log| log["line"].as_u64().unwrap()).collect()
}

#[test]
fn two_hundred_lines_arrive_whole_and_in_order_from_init_on() {
    for width in [10, 5000] {
        let function = handler("narrates").start();
        function
            .invoke(json!({ "width": width }))
            .expect_response("200");
        let expected: Vec<u64> = (0..200).collect();
        let wait = |part: &str| {
            let what = format!("200 lines of the {part}");
            let of_part = |log: &Log| log.message().starts_with(part);
            function.process().wait_for_logs(&what, 200, of_part)
        };
        for log in wait("beginning") {
            assert_eq!(log.request_id(), "", "{log:?}");
        }
        for log in wait("middle") {
            assert_eq!(log.message().len(), "middle ".len() + width, "{log:?}");
            assert_ne!(log.request_id(), "", "{log:?}");
        }
        assert_eq!(lines(&function, "beginning"), expected);
        assert_eq!(lines(&function, "middle"), expected);
    }
}

#[test]
fn all_that_a_handler_logged_is_there_when_its_answer_is_posted() {
    use shim_testkit::runtime_api::{Answer, Endpoint};
    let function = handler("narrates").start();
    let (answer, key) = Answer::accepted().held();
    function.script(Endpoint::Response, answer);
    function
        .invoke(json!({ "width": 1000 }))
        .expect_response("200");
    // The answer has not been taken yet: a frozen environment would write nothing more.
    function
        .process()
        .wait_for_logs("all", 200, |log| log.message().starts_with("middle"));
    key.open();
}

#[test]
fn a_line_in_json_has_what_lambda_looks_for() {
    let function = handler("logs").start();
    let outcome = function.invoke(r#"{"tag":"t"}"#);
    let id = outcome.request_id().unwrap().to_owned();
    for (message, level) in [
        ("at error", "ERROR"),
        ("at warn", "WARN"),
        ("at info", "INFO"),
    ] {
        let line = function.process().wait_for_message(message);
        assert_eq!(line.level(), level);
        assert_eq!(line.request_id(), id);
        assert_eq!(line["tag"], "t");
        assert!(line.text("timestamp").ends_with('Z'), "{line:?}");
    }
    for message in ["in a span", "in a task", "by log t"] {
        let line = function.process().wait_for_message(message);
        assert_eq!(line.request_id(), id, "{line:?}");
    }
    assert_eq!(
        function.process().stderr().lines().count(),
        function.process().logs().len()
    );
}

fn levels(lambda: Lambda) -> Vec<String> {
    let function = lambda.start();
    function.invoke(r#"{"tag":"t"}"#);
    // A second one, behind whose answer all lines of the first have been written.
    function.invoke(r#"{"tag":"u"}"#);
    let logs = function
        .process()
        .wait_for_logs("at error", 2, |log| log.says("at error"));
    assert_eq!(logs.len(), 2);
    let first = function
        .process()
        .logs()
        .into_iter()
        .filter(|log| log.text("tag") == "t");
    let mut levels: Vec<_> = first
        .filter(|log| log.message().starts_with("at "))
        .map(|log| log.level().to_owned())
        .collect();
    levels.sort();
    levels
}

#[test]
fn the_level_is_lambdas() {
    for (level, expected) in [
        ("TRACE", &["DEBUG", "ERROR", "INFO", "TRACE", "WARN"][..]),
        ("DEBUG", &["DEBUG", "ERROR", "INFO", "WARN"]),
        ("INFO", &["ERROR", "INFO", "WARN"]),
        ("WARN", &["ERROR", "WARN"]),
        ("ERROR", &["ERROR"]),
        ("FATAL", &["ERROR"]),
    ] {
        let lambda = handler("logs").env("AWS_LAMBDA_LOG_LEVEL", level);
        assert_eq!(levels(lambda), expected, "{level}");
    }
    assert_eq!(levels(handler("logs")), ["ERROR", "INFO", "WARN"]);
    // One that is none is told, and does not keep the function from running.
    let lambda = handler("logs").env("AWS_LAMBDA_LOG_LEVEL", "LOUD=VERY");
    assert_eq!(levels(lambda), ["ERROR", "INFO", "WARN"]);
}

#[test]
fn text_is_the_default() {
    for lambda in [
        handler("logs").without("AWS_LAMBDA_LOG_FORMAT"),
        handler("logs").env("AWS_LAMBDA_LOG_FORMAT", "Text"),
    ] {
        let function = lambda.start();
        let outcome = function.invoke(r#"{"tag":"t"}"#);
        let id = outcome.request_id().unwrap().to_owned();
        let line = shim_testkit::eventually("the line", || {
            let stderr = function.process().stderr();
            let mut lines = stderr.lines();
            lines
                .find(|line| line.contains(": at info "))
                .map(str::to_owned)
        });
        assert!(line.contains(" INFO ") && line.contains("tag=t"), "{line}");
        assert!(line.contains(&id), "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
        assert!(function.process().logs().is_empty());
    }
}

#[test]
fn a_function_that_does_well_leaves_no_line() {
    let function = handler("echo").start();
    for _ in 0..10 {
        function.invoke("1").expect_response("1");
    }
    function.wait_for_idle(1);
    assert_eq!(function.process().stderr(), "");
}
