//! What stands in the log.

use std::collections::BTreeMap;

use shim_testkit::{Connection, json};

use crate::{behaviours, serve, shim};

#[test]
fn an_invocation_is_one_line() {
    let shim = serve("answers").start();
    shim.request("GET", "/teapot?secret=1", "x-request-id: tea\r\n", b"")
        .expect_status(418);
    shim.stop();
    let logs = shim.logs();
    let lines: Vec<_> = logs.iter().filter(|log| log.is_invocation()).collect();
    let [line] = lines[..] else {
        panic!("{}", shim.said());
    };
    assert_eq!(line.level(), "INFO");
    assert_eq!(line.request_id(), "tea");
    assert_eq!(line["function"], "answers");
    assert_eq!(line["method"], "GET");
    assert_eq!(line["path"], "/teapot");
    assert_eq!(line["status"], 418);
    assert_eq!(line["cold_start"], true);
    assert_eq!(line["response_bytes"], 15);
    assert!(line["duration_ms"].as_f64().is_some_and(|ms| ms >= 0.0));
    assert!(line.text("timestamp").ends_with('Z'));
}

#[test]
fn every_line_is_json_when_nobody_watches() {
    let shim = serve("logs").arg("--log-level", "trace").start();
    shim.post("/", r#"{"tag":"a \"quoted\"\nline"}"#)
        .expect_status(200);
    shim.stop();
    assert_eq!(
        shim.stderr().lines().count(),
        shim.logs().len(),
        "{}",
        shim.said()
    );
}

#[test]
fn what_a_handler_logs_keeps_its_level_target_and_fields() {
    let shim = serve("logs").start();
    let headers = "x-request-id: r1\r\n";
    shim.request("POST", "/", headers, br#"{"tag":"t"}"#)
        .expect_status(200);
    shim.stop();
    let line = |message: &str| shim.wait_for_message(message);
    let target = "fixture_behaviours::logs";
    for (message, level) in [
        ("at error", "ERROR"),
        ("at warn", "WARN"),
        ("at info", "INFO"),
    ] {
        let line = line(message);
        assert_eq!(
            (line.level(), line.text("target"), line.text("tag")),
            (level, target, "t")
        );
    }
    let info = line("at info");
    assert_eq!(info["count"], 3);
    assert_eq!(info["ratio"], 0.5);
    assert_eq!(info["on"], true);
    assert_eq!(info["debug"], "Some(1)");
    assert_eq!(line("with a target")["target"], "audit");
    let by_log = line("by log t");
    assert_eq!((by_log.level(), by_log.text("target")), ("WARN", target));
    assert_eq!(line("in a span")["span"], "order{number=7}");
    for log in shim
        .logs()
        .iter()
        .filter(|log| log.text("target") == target)
    {
        assert_eq!(log.request_id(), "r1", "{log:?}");
    }
    // Info is the default.
    assert!(
        !shim
            .logs()
            .iter()
            .any(|log| ["DEBUG", "TRACE"].contains(&log.level()))
    );
}

#[test]
fn lines_of_invocations_at_the_same_time_are_not_mixed_up() {
    for (handler, messages) in [("logs", 7), ("logs_plain", 2)] {
        let shim = serve(handler).start();
        let mut connections: Vec<_> = (0..100).map(|_| shim.connect()).collect();
        for (number, connection) in connections.iter_mut().enumerate() {
            let headers = format!("x-request-id: id-{number}\r\n");
            let body = json!({ "tag": format!("id-{number}") }).to_string();
            connection.send_request("POST", "/", &headers, body.as_bytes());
        }
        connections
            .iter_mut()
            .map(Connection::response)
            .for_each(|response| {
                response.expect_status(200);
            });
        shim.stop();
        let mut counts = BTreeMap::<_, usize>::new();
        for log in shim.logs() {
            let tag = match log.message().strip_prefix("by log ") {
                Some(tag) => tag.to_owned(),
                None => log.text("tag").to_owned(),
            };
            if !tag.is_empty() {
                assert_eq!(log.request_id(), tag, "{log:?}");
                *counts.entry(tag).or_default() += 1;
            }
        }
        assert_eq!(counts.len(), 100);
        assert!(
            counts.values().all(|count| *count == messages),
            "{handler}: {counts:?}"
        );
    }
}

#[test]
fn the_filter_holds_for_plugins_too() {
    let shim = serve("logs")
        .arg(
            "--log-level",
            "warn,shim::cli=info,fixture_behaviours=trace,audit=off",
        )
        .start();
    shim.post("/", r#"{"tag":"t"}"#).expect_status(200);
    shim.stop();
    for level in ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"] {
        let of_plugin = |log: &shim_testkit::Log| {
            log.level() == level && log.text("target").starts_with("fixture_behaviours")
        };
        assert!(
            shim.logs().iter().any(of_plugin),
            "{level}\n{}",
            shim.said()
        );
    }
    assert!(
        !shim
            .logs()
            .iter()
            .any(|log| log.text("target") == "audit" || log.is_invocation())
    );
}

#[test]
fn text_is_there_for_people() {
    let shim = serve("logs").arg("--log-format", "text").start();
    shim.request("POST", "/", "x-request-id: r1\r\n", br#"{"tag":"t"}"#)
        .expect_status(200);
    shim.stop();
    let text = shim.stderr();
    assert!(shim.logs().is_empty(), "{text}");
    let line = text
        .lines()
        .find(|line| line.contains(": at info "))
        .unwrap();
    assert!(
        line.contains(" INFO fixture_behaviours::logs: at info "),
        "{line}"
    );
    assert!(
        line.contains("tag=t") && line.ends_with("request_id=r1"),
        "{line}"
    );
    assert!(
        !text.contains('\u{1b}'),
        "colours in what is no terminal\n{text}"
    );
}

#[test]
fn start_and_end_are_told() {
    let shim = serve("echo").start();
    shim.stop();
    let loaded = shim.wait_for_message("loaded");
    assert_eq!(loaded["handler"], "echo");
    assert_eq!(
        loaded["plugin"],
        behaviours().canonicalize().unwrap().to_str().unwrap()
    );
    let messages: Vec<_> = shim
        .logs()
        .iter()
        .map(|log| log.message().to_owned())
        .collect();
    assert!(
        messages
            .iter()
            .any(|message| message.starts_with("serving http://127.0.0.1:"))
    );
    assert_eq!(messages.last().map(String::as_str), Some("stopped"));
}

#[test]
fn a_log_daemon_that_is_not_there_is_an_error() {
    for (to, socket) in [
        ("syslog", "/dev/log"),
        ("journald", "/run/systemd/journal/socket"),
    ] {
        if std::path::Path::new(socket).exists() {
            continue; // Somebody's real log is no place for tests; unit tests send to a socket.
        }
        let refused = shim()
            .serve(behaviours())
            .handler("echo")
            .arg("--log-to", to)
            .run();
        refused.expect_stderr(&format!("cannot log to {socket}"));
        assert_ne!(refused.code(), 0);
    }
}
