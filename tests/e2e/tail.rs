//! The end of the log, for callers that ask for it.

use shim_testkit::{Connection, Shim, decode_text, json};

use crate::serve;

#[test]
fn it_has_the_handlers_lines_between_those_of_the_platform() {
    let shim = serve("logs").arg("--memory-mb", "128").start();
    let response = shim.invoke("logs").body(r#"{"tag":"t"}"#).tail().send();
    let id = response.expect_success().request_id();
    let tail = response.log_tail();
    let lines: Vec<_> = tail.lines().collect();
    assert_eq!(lines[0], format!("START RequestId: {id} Version: $LATEST"));
    let place = |text: &str| {
        let place = lines.iter().position(|line| line.contains(text));
        place.unwrap_or_else(|| panic!("no `{text}` in\n{tail}"))
    };
    let end = place(&format!("END RequestId: {id}"));
    let report = place(&format!("REPORT RequestId: {id}\tDuration: "));
    assert_eq!((end, report), (lines.len() - 2, lines.len() - 1), "{tail}");
    let (_, used) = lines[report]
        .split_once("Memory Size: 128 MB\tMax Memory Used: ")
        .unwrap_or_else(|| panic!("{tail}"));
    let (used, _) = used.split_once(" MB\t").unwrap();
    assert!(
        (1..100_000).contains(&used.parse::<u32>().unwrap()),
        "{tail}"
    );
    for text in ["at error", "at info", "by log t", "in a span", "in a task"] {
        assert!((1..end).contains(&place(text)), "{tail}");
    }
    assert!(!tail.contains("at debug"), "{tail}");
}

#[test]
fn it_is_for_those_who_ask() {
    let shim = serve("logs").start();
    let call = || shim.invoke("logs").body(r#"{"tag":"t"}"#);
    for call in [
        call(),
        call().header("x-amz-log-type", "None"),
        call().tail().kind("DryRun"),
        call().tail().kind("Event"),
    ] {
        call.send().expect_no_header("x-amz-log-result");
    }
}

#[test]
fn a_failure_is_told_in_it() {
    let shim = serve("panics").start();
    let response = shim
        .invoke("panics")
        .body(r#"{"how":"text"}"#)
        .tail()
        .send();
    response.expect_function_error("Runtime.Panic");
    let tail = response.log_tail();
    for text in [
        "Runtime.Panic",
        "boom",
        "the_guilty_function",
        "Status: error",
    ] {
        assert!(tail.contains(text), "no `{text}` in\n{tail}");
    }
    let shim = serve("sleeps").arg("--timeout", "100ms").start();
    let call = shim.invoke("sleeps").body(r#"{"ms":60000}"#);
    let tail = call.tail().send().log_tail();
    assert!(tail.contains("Task timed out after 0.10 seconds"), "{tail}");
    assert!(tail.contains("Status: timeout"), "{tail}");
}

fn chat(shim: &Shim, id: usize, all: usize, lines: usize) -> Connection {
    let event = json!({ "id": id, "all": all, "lines": lines });
    shim.invoke("chats").json(&event).tail().begin()
}

#[test]
fn it_has_the_last_4096_bytes() {
    let shim = serve("chats").start();
    let tail = chat(&shim, 7, 1, 500).response().log_tail();
    assert_eq!(tail.len(), 4096);
    assert!(!tail.contains("START RequestId"), "{tail}");
    assert!(tail.contains("guest <7> line 999"), "{tail}");
    let lines: Vec<_> = tail.lines().collect();
    assert!(
        lines[lines.len() - 1].starts_with("REPORT RequestId: "),
        "{tail}"
    );
}

/// All run at the same time, and each logs before and after it has met the others.
#[test]
fn nobody_hears_of_another() {
    const ALL: usize = 2000;
    let shim = serve("chats").start();
    let mut running: Vec<_> = (0..ALL).map(|id| chat(&shim, id, ALL, 5)).collect();
    for (id, connection) in running.iter_mut().enumerate() {
        let response = connection.response();
        response.expect_success().expect_body(id.to_string());
        let (request, tail) = (response.request_id(), response.log_tail());
        let said = tail.lines().filter(|line| line.contains("guest <"));
        let own = format!("guest <{id}> line ");
        let own: Vec<_> = said.map(|line| line.split_once(&own)).collect();
        assert!(own.iter().all(Option::is_some), "{id}:\n{tail}");
        let numbers: Vec<_> = own
            .iter()
            .flatten()
            .map(|(_, number)| number.trim())
            .collect();
        assert_eq!(
            numbers,
            ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
            "{tail}"
        );
        for line in tail.lines().filter(|line| line.contains("RequestId: ")) {
            assert!(line.contains(&request), "{tail}");
        }
    }
}

/// A streamed response is a part of the run, whoever waits for it.
#[test]
fn a_streamed_response_takes_as_long_as_it_comes() {
    let shim = serve("streams").start();
    let event = json!({
        "version": "2.0", "rawPath": "/pieces", "rawQueryString": "n=2&pause=200", "headers": {},
        "requestContext": { "http": { "method": "GET", "path": "/pieces" } },
    });
    let whole = shim.invoke("streams").json(&event).tail().send();
    let frames = shim
        .invoke_stream("streams")
        .json(&event)
        .tail()
        .send()
        .frames();
    let complete = frames.last().unwrap().completion();
    let streamed = decode_text(complete["LogResult"].as_str().unwrap());
    for tail in [whole.expect_success().log_tail(), streamed] {
        let (_, took) = tail.split_once("\tDuration: ").unwrap();
        let (took, _) = took.split_once(" ms").unwrap();
        assert!(took.parse::<f64>().unwrap() >= 400.0, "{tail}");
    }
}
