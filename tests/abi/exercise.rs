//! What every plugin that loads must be able to do.

use std::fs;
use std::path::Path;

use shim_testkit::{Command, Program, Response, Shim, Value};

use crate::tools;

/// Loads the plugin, the probe named `build`, with `shim` and calls its handlers: answers, errors,
/// logs, timers, streams, the lifecycle. Panics are left to [`panics`]. Returns what was logged
/// while the handler `probe` was served.
pub(crate) fn exercise(shim: &Program, plugin: &Path, build: &str) -> String {
    let directory = tempfile::tempdir().expect("a temporary folder");
    let mark = directory.path().join("mark");
    let served = serve(shim, plugin, "probe").env("PROBE_MARK", &mark);
    let served = served.start();
    let marked = fs::read_to_string(&mark).unwrap_or_default();
    assert_eq!(marked, build, "the constructor of the plugin has run");

    let greeting = ask(&served, "id-1", r#"{"what":"greet","text":"Ann"}"#);
    assert_eq!(told(&greeting), "Hello, Ann!");
    assert_eq!(greeting.json()["build"], build);
    greeting.expect_header("x-request-id", "id-1");
    let large = "x".repeat(1 << 20);
    let event = format!(r#"{{"what":"greet","text":"{large}"}}"#);
    let length = told(&ask(&served, "id-2", &event)).len();
    assert_eq!(length, large.len() + "Hello, !".len());
    assert_eq!(told(&ask(&served, "id-3", r#"{"what":"id"}"#)), "id-3");
    assert_eq!(told(&ask(&served, "id-4", r#"{"what":"timer"}"#)), "slept");

    told(&ask(&served, "id-5", r#"{"what":"log","text":"abc"}"#));
    let line = served.wait_for_message("a line of the probe: abc");
    assert_eq!(
        (line.level(), line.request_id()),
        ("INFO", "id-5"),
        "{line:?}"
    );
    assert_eq!(line["number"], 42, "{line:?}");
    assert_eq!(line.text("target"), build.replace('-', "_"), "{line:?}");
    let record = served.wait_for_message("a record of the probe");
    assert_eq!(
        (record.level(), record.request_id()),
        ("WARN", "id-5"),
        "{record:?}"
    );

    let error = ask(&served, "id-6", r#"{"what":"dance"}"#);
    error.expect_error(500, "Probe.Unknown");
    assert_eq!(error.error_message(), "cannot dance");
    served.stop();

    lifecycle(shim, plugin);
    stream(shim, plugin);
    served.stderr()
}

/// A command line that serves a handler of the probe.
pub(crate) fn serve(shim: &Program, plugin: &Path, handler: &str) -> Command {
    shim.serve(plugin).handler(handler)
}

/// `init` with a setting, `start`, `run`, and `stop` at the end.
fn lifecycle(shim: &Program, plugin: &Path) {
    let served = serve(shim, plugin, "counter").var("STEP", "2").start();
    served.post("/", "null").expect_body("2");
    served.post("/", "null").expect_body("4");
    served.stop();
    served.wait_for_message("stopped at 4");
}

/// A body of unknown length goes in and comes out.
fn stream(shim: &Program, plugin: &Path) {
    let served = serve(shim, plugin, "echo").start();
    let mut connection = served.connect();
    connection.send("PUT /x HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n");
    for piece in ["first ", "second", ""] {
        connection.send_chunk(piece.as_bytes());
    }
    let response = connection.response();
    response.expect_status(202).expect_header("x-method", "PUT");
    response.expect_body("first second");
    drop(connection);
    served.stop();
}

/// A panic is the function's error, and the next invocation works.
pub(crate) fn panics(shim: &Program, plugin: &Path) {
    let served = serve(shim, plugin, "probe").start();
    for _ in 0..3 {
        let response = ask(&served, "id-1", r#"{"what":"panic"}"#);
        response.expect_status(500);
        let message = response.error_message();
        assert!(message.contains("asked to panic"), "{response:?}");
        let greeting = ask(&served, "id-2", r#"{"what":"greet","text":"Bob"}"#);
        assert_eq!(told(&greeting), "Hello, Bob!");
    }
    served.wait_for_log("the panic", |line| {
        line.message().contains("asked to panic") && line.request_id() == "id-1"
    });
    served.stop();
}

/// What `shim inspect` says of the plugin, which must not run any of it.
pub(crate) fn inspect(plugin: &Path) -> Value {
    let directory = tempfile::tempdir().expect("a temporary folder");
    let mark = directory.path().join("mark");
    let command = tools::shim()
        .command()
        .word("inspect")
        .arg("--output", "json");
    let said = command.word(plugin).env("PROBE_MARK", &mark).run();
    said.expect_code(0);
    assert!(!mark.exists(), "inspect has run the plugin's constructor");
    said.json()
}

fn ask(served: &Shim, id: &str, event: &str) -> Response {
    let headers = format!("x-request-id: {id}\r\n");
    served.request("POST", "/", &headers, event.as_bytes())
}

fn told(response: &Response) -> String {
    response.expect_status(200);
    response.json()["text"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}
