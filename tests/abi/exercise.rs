//! What every plugin that loads must be able to do.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::process::{self, Response, Serving};

/// Loads the plugin, the probe named `build`, with `shim` and calls its handlers: answers, errors,
/// logs, timers, streams, the lifecycle. Panics are left to [`panics`]. Returns what was logged
/// while the handler `probe` was served.
pub(crate) fn exercise(shim: &Path, plugin: &Path, build: &str) -> String {
    let directory = tempfile::tempdir().expect("a temporary folder");
    let mark = directory.path().join("mark");
    let mut serving = Serving::start(shim, plugin, "probe", &mark);
    let marked = fs::read_to_string(&mark).unwrap_or_default();
    assert_eq!(marked, build, "the constructor of the plugin has run");

    let greeting = serving.post("id-1", r#"{"what":"greet","text":"Ann"}"#);
    assert_eq!(told(&greeting), "Hello, Ann!");
    assert_eq!(json(&greeting)["build"], build);
    assert!(greeting.head.contains("x-request-id: id-1"), "{greeting:?}");
    let large = "x".repeat(1 << 20);
    let large_event = format!(r#"{{"what":"greet","text":"{large}"}}"#);
    assert_eq!(
        told(&serving.post("id-2", &large_event)).len(),
        large.len() + 8
    );
    assert_eq!(told(&serving.post("id-3", r#"{"what":"id"}"#)), "id-3");
    assert_eq!(told(&serving.post("id-4", r#"{"what":"timer"}"#)), "slept");

    told(&serving.post("id-5", r#"{"what":"log","text":"abc"}"#));
    let line = serving.logged(&["a line of the probe: abc", "id-5"]);
    let line: Value = serde_json::from_str(&line).expect("a line is JSON");
    assert_eq!(line["level"], "INFO", "{line}");
    assert_eq!(line["requestId"], "id-5", "{line}");
    assert_eq!(line["number"], 42, "{line}");
    let target = line["target"].as_str().unwrap_or_default();
    assert_eq!(target, build.replace('-', "_"), "{line}");
    serving.logged(&["a record of the probe", "WARN", "id-5"]);

    let error = serving.post("id-6", r#"{"what":"dance"}"#);
    assert_eq!(error.status, 500, "{error:?}");
    assert_eq!(json(&error)["errorType"], "Probe.Unknown");
    assert_eq!(json(&error)["errorMessage"], "cannot dance");
    let (code, log) = serving.stop();
    assert_eq!(code, Some(0), "{log}");

    lifecycle(shim, plugin, &mark);
    stream(shim, plugin, &mark);
    log
}

/// `init` with a setting, `start`, `run`, and `stop` at the end.
fn lifecycle(shim: &Path, plugin: &Path, mark: &Path) {
    let serving = Serving::start(shim, plugin, "counter", mark);
    assert_eq!(serving.post("id-1", "null").body, "2");
    assert_eq!(serving.post("id-2", "null").body, "4");
    let (code, log) = serving.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("stopped at 4"), "{log}");
}

/// A body of unknown length goes in and comes out.
fn stream(shim: &Path, plugin: &Path, mark: &Path) {
    let serving = Serving::start(shim, plugin, "echo", mark);
    let request = "PUT /x HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\
                   transfer-encoding: chunked\r\n\r\n6\r\nfirst \r\n6\r\nsecond\r\n0\r\n\r\n";
    let response = serving.send(request).expect("a response");
    assert_eq!(response.status, 202, "{response:?}");
    assert_eq!(response.body, "first second", "{response:?}");
    assert!(response.head.contains("x-method: put"), "{response:?}");
    let (code, log) = serving.stop();
    assert_eq!(code, Some(0), "{log}");
}

/// A panic is the function's error, and the next invocation works.
pub(crate) fn panics(shim: &Path, plugin: &Path) {
    let mut serving = Serving::start(shim, plugin, "probe", Path::new("/dev/null"));
    for number in 0..3 {
        let response = serving.post("id-1", r#"{"what":"panic"}"#);
        assert_eq!(response.status, 500, "{number}: {response:?}");
        let message = json(&response)["errorMessage"].to_string();
        assert!(message.contains("asked to panic"), "{number}: {response:?}");
        let greeting = serving.post("id-2", r#"{"what":"greet","text":"Bob"}"#);
        assert_eq!(told(&greeting), "Hello, Bob!", "{number}");
    }
    serving.logged(&["asked to panic", "id-1"]);
    assert_eq!(serving.stop().0, Some(0));
}

/// What `shim inspect` says of the plugin, which must not run any of it.
pub(crate) fn inspect(plugin: &Path) -> Value {
    let directory = tempfile::tempdir().expect("a temporary folder");
    let mark = directory.path().join("mark");
    let mut command = process::command(process::SHIM);
    command.args(["inspect", "--output", "json"]).arg(plugin);
    let output = process::run(command.env("PROBE_MARK", &mark));
    assert!(output.status.success(), "{output:?}");
    assert!(!mark.exists(), "inspect has run the plugin's constructor");
    serde_json::from_slice(&output.stdout).expect("it is JSON")
}

fn told(response: &Response) -> String {
    assert_eq!(response.status, 200, "{response:?}");
    json(response)["text"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn json(response: &Response) -> Value {
    serde_json::from_str(&response.body).unwrap_or_default()
}
