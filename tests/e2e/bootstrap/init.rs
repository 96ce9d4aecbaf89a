//! Every way for the beginning to fail: Lambda is told, the log too, and the process ends.

use std::fs;

use shim_testkit::runtime_api::{Answer, Endpoint, Lambda};
use shim_testkit::{Value, plugin};

use super::{bare, handler, with_behaviours};
use crate::behaviours;

/// The exit code of a function that cannot be set up.
const BAD_PLUGIN: i32 = 65;

/// Runs it to its end, and returns the error that it reported.
#[track_caller]
fn fails(lambda: Lambda) -> Value {
    let (finished, requests) = lambda.run();
    finished.expect_code(BAD_PLUGIN);
    let [report] = &requests[..] else {
        panic!("{requests:#?}\n{}", finished.stderr());
    };
    assert_eq!(report.endpoint(), Endpoint::InitError);
    let document = report.json();
    let text = |key: &str| document[key].as_str().unwrap_or_default().to_owned();
    report.expect_error(&text("errorType"), &text("errorMessage"));
    let message = text("errorMessage");
    assert!(!message.is_empty(), "{document:#}");
    // The log says the same, in one line.
    let first = message.lines().next().unwrap_or_default();
    let mut logs = finished
        .stderr()
        .lines()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    logs.retain(|line| line.contains("ERROR"));
    let quoted = Value::from(first).to_string();
    let said = logs
        .iter()
        .any(|log| log.contains(quoted.trim_matches('"')));
    assert!(said, "{first}\n{}", finished.stderr());
    document
}

#[track_caller]
fn fails_with(lambda: Lambda, texts: &[&str]) {
    let document = fails(lambda);
    let message = document["errorMessage"].as_str().unwrap();
    for text in texts {
        assert!(message.contains(text), "no `{text}` in {document:#}");
    }
}

#[test]
fn no_such_file() {
    // Another file of that name, or a near one, would be looked at first.
    let lambda = with_behaviours().file("example.so", &plugin("example-plugin"));
    let root = lambda.root().display().to_string();
    let texts = ["orders.so", "liborders.so", &*root];
    fails_with(lambda.handler("orders.create"), &texts);
}

#[test]
fn no_file_at_all() {
    let lambda = bare();
    let root = lambda.root().display().to_string();
    fails_with(lambda.handler("orders.create"), &["orders.so", &*root]);
    fails_with(bare().handler("bootstrap"), &["plugin"]);
}

#[test]
fn no_such_handler() {
    // All that there are are named.
    fails_with(
        handler("nope"),
        &["`nope`", "behaviours.so", "echo", "greet", "tape"],
    );
}

#[test]
fn several_handlers_and_none_named() {
    fails_with(
        with_behaviours().handler("bootstrap"),
        &["behaviours.so", "several handlers"],
    );
}

#[test]
fn two_plugins_and_none_named() {
    let lambda = with_behaviours().file("example.so", &plugin("example-plugin"));
    fails_with(
        lambda.handler("bootstrap"),
        &["behaviours.so", "example.so"],
    );
}

#[test]
fn not_elf() {
    let lambda = bare()
        .text_file("orders.so", "hello\n")
        .handler("orders.create");
    fails_with(lambda, &["orders.so", "not an ELF"]);
    let lambda = bare().text_file("orders.so", "").handler("orders.create");
    fails_with(lambda, &["orders.so", "empty"]);
}

#[test]
fn a_folder_in_the_place_of_a_plugin() {
    let lambda = bare().handler("orders.create");
    fs::create_dir(lambda.root().join("orders.so")).unwrap();
    fails_with(lambda, &["orders.so"]);
}

#[test]
fn for_another_architecture() {
    let mut bytes = fs::read(behaviours()).unwrap();
    // `e_machine`: s390x, which is nobody's.
    bytes[18..20].copy_from_slice(&22_u16.to_le_bytes());
    let lambda = bare()
        .text_file("orders.so", bytes)
        .handler("orders.create");
    fails_with(lambda, &["orders.so", std::env::consts::ARCH]);
}

#[test]
fn cut_off() {
    let bytes = fs::read(behaviours()).unwrap();
    let half = &bytes[..bytes.len() / 2];
    let lambda = bare().text_file("orders.so", half).handler("orders.create");
    fails_with(lambda, &["orders.so", "cut off"]);
}

#[test]
fn a_library_that_is_no_plugin() {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut paths = maps
        .lines()
        .filter_map(|line| line.split_whitespace().last());
    let libc = paths.find(|path| path.contains("/libc.so")).unwrap();
    let lambda = bare()
        .file("orders.so", libc.as_ref())
        .handler("orders.create");
    fails_with(lambda, &["orders.so", "plugin"]);
}

#[test]
fn an_init_that_fails() {
    let document = fails(handler("init_fails"));
    assert_eq!(document["errorType"], "NoDatabase", "{document:#}");
    let message = document["errorMessage"].as_str().unwrap();
    assert!(message.contains("connection refused"), "{document:#}");
}

#[test]
fn an_init_that_panics() {
    let document = fails(handler("init_panics"));
    assert_eq!(document["errorType"], "Runtime.Panic", "{document:#}");
    let message = document["errorMessage"].as_str().unwrap();
    assert!(message.contains("init went wrong"), "{document:#}");
}

#[test]
fn it_ends_all_the_same_when_nobody_takes_the_report() {
    for answer in [
        Answer::error(500, "InternalServerError", "broken"),
        Answer::error(403, "InvalidStateTransition", "not now"),
        Answer::hang_up(),
        Answer::reset(),
        Answer::raw("nonsense"),
    ] {
        let lambda = handler("init_fails");
        lambda.api().script(Endpoint::InitError, answer);
        let (finished, _) = lambda.run();
        finished
            .expect_code(BAD_PLUGIN)
            .expect_stderr("connection refused");
    }
}
