//! Asynchronous invocations: accepted at once, run later, told of at the end.

use std::path::Path;

use shim_testkit::{Command, Log, Shim, Value, eventually, json};

use crate::{Gate, Toml, serve};

/// With retries that come soon.
fn soon(command: Command) -> Command {
    command.arg("--event-retry-delays", "10ms,20ms")
}

/// The records in a file, once there are so many.
fn records(path: &Path, count: usize) -> Vec<Value> {
    eventually("records in the file", || {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<_> = text.split_inclusive('\n').collect();
        let whole = lines.last().is_none_or(|line| line.ends_with('\n'));
        (whole && lines.len() >= count).then(|| {
            let parsed = lines.iter().map(|line| serde_json::from_str(line).unwrap());
            parsed.collect()
        })
    })
}

fn is_run(log: &Log) -> bool {
    log.says("running")
}

#[test]
fn an_event_is_accepted_at_once_and_run_later() {
    let gate = Gate::new();
    let shim = serve("instances").start();
    let call = shim.invoke("instances").kind("Event").body(gate.event());
    let accepted = call.send();
    accepted
        .expect_status(202)
        .expect_body("")
        .expect_header("content-length", "0")
        .expect_no_header("x-amz-executed-version");
    let run = shim.wait_for_log("its run", is_run);
    assert_eq!(run.request_id(), accepted.request_id());
    gate.open();
    let done = shim.wait_for_message("event run");
    assert_eq!(done.request_id(), accepted.request_id());
    assert_eq!(done["outcome"], "success");
}

#[test]
fn nobody_is_accepted_for_a_function_that_is_not_there() {
    let shim = serve("instances").start();
    let call = shim.invoke("absent").kind("Event");
    call.send()
        .expect_api_error(404, "ResourceNotFoundException", "absent");
}

#[test]
fn a_failure_is_tried_again_under_the_same_id_and_told_at_the_end() {
    let folder = Toml::new("");
    let file = folder.path("failed.jsonl");
    let shim = soon(serve("instances"))
        .arg("--on-failure", format!("file:{}", file.display()))
        .start();
    let event = r#"{"fail": true}"#;
    let accepted = shim.invoke("instances").kind("Event").body(event).send();
    let id = accepted.expect_status(202).request_id();
    let record = records(&file, 1).swap_remove(0);
    for run in shim.wait_for_logs("three runs", 3, is_run) {
        assert_eq!(run.request_id(), id);
    }
    assert!(
        record["timestamp"].as_str().unwrap().ends_with('Z'),
        "{record}"
    );
    let mut rest = record.clone();
    rest.as_object_mut().unwrap().remove("timestamp");
    let expected = json!({
        "version": "1.0",
        "requestContext": {
            "requestId": id,
            "functionArn":
                "arn:aws:lambda:us-east-1:123456789012:function:instances:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": { "fail": true },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": { "errorType": "Told", "errorMessage": "told to fail" },
    });
    assert_eq!(rest, expected);
    shim.stop();
    assert_eq!(shim.logs().iter().filter(|log| is_run(log)).count(), 3);
}

#[test]
fn how_often_it_is_tried_can_be_chosen() {
    let shim = soon(serve("instances")).arg("--event-retries", "0").start();
    let call = shim.invoke("instances").kind("Event");
    call.body(r#"{"fail":true}"#).send().expect_status(202);
    let line = shim.wait_for_message("event given up");
    assert_eq!(line["attempts"], 1);
}

#[test]
fn another_function_may_get_the_record() {
    let events = "event_retry_delays = [\"10ms\"]\n";
    let destinations = "on_failure = \"function:failures\"\non_success = \"function:successes\"\n";
    let toml = Toml::of(&[
        ("orders", "instances", &format!("{events}{destinations}")),
        ("failures", "notes", ""),
        ("successes", "notes", ""),
    ]);
    let shim = toml.serve().start();
    let send = |event: &str| {
        let accepted = shim.invoke("orders").kind("Event").body(event).send();
        accepted.expect_status(202).request_id()
    };
    let failed = send(r#"{"fail":true}"#);
    let well = send("{}");
    let notes = shim.wait_for_logs("both records", 2, |log| log.says("noted"));
    let note = |id: &str| -> Value {
        let noted = notes.iter().find(|log| log.text("note").contains(id));
        serde_json::from_str(noted.unwrap().text("note")).unwrap()
    };
    let record = note(&failed);
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(record["responsePayload"]["errorType"], "Told");
    let record = note(&well);
    assert_eq!(record["requestContext"]["condition"], "Success");
    assert_eq!(record["requestContext"]["requestId"], well);
    assert!(record["responsePayload"]["runs"].is_u64(), "{record}");
    assert!(record["responseContext"].get("functionError").is_none());
}

#[test]
fn a_destination_must_be_served() {
    let toml = Toml::of(&[("orders", "instances", "on_failure = \"function:absent\"\n")]);
    let refused = toml.serve().run();
    refused
        .expect_code(78)
        .expect_stderr("on_failure of `orders`: there is no function `absent`");
}

#[test]
fn a_full_queue_refuses() {
    let gate = Gate::new();
    let shim = serve("instances").arg("--event-queue", "2").start();
    let send = || {
        shim.invoke("instances")
            .kind("Event")
            .body(gate.event())
            .send()
    };
    send().expect_status(202);
    send().expect_status(202);
    let refused = send();
    refused
        .expect_api_error(429, "TooManyRequestsException", "Rate Exceeded.")
        .expect_header("retry-after", "1");
    // Whoever waits for the answer does not need the queue.
    shim.invoke("instances").send().expect_success();
    gate.open();
    shim.wait_for_logs("both run", 2, |log| log.says("event run"));
    eventually("there is room again", || {
        (send().status() == 202).then_some(())
    });
}

/// What comes of all events of a web handler is that each of them fails.
#[test]
fn a_web_handler_fails_for_events() {
    let shim = soon(serve("mirror")).arg("--event-retries", "0").start();
    let accepted = shim.invoke("mirror").kind("Event").send();
    accepted.expect_status(202);
    let line = shim.wait_for_message("event given up");
    assert_eq!(line.request_id(), accepted.request_id());
}

#[test]
fn an_event_waits_for_a_place() {
    let gate = Gate::new();
    let shim = serve("instances")
        .arg("--concurrency", "1")
        .arg("--queue", "0")
        .start();
    let mut running = shim.invoke("instances").body(gate.event()).begin();
    shim.wait_for_message("running");
    let accepted = shim.invoke("instances").kind("Event").send();
    accepted.expect_status(202);
    shim.wait_for_log("there is no place", |log| {
        log["status"] == 429 && log.request_id() == accepted.request_id()
    });
    gate.open();
    running.response().expect_success();
    let done = shim.wait_for_message("event run");
    assert_eq!(done.request_id(), accepted.request_id());
}

fn queued(shim: &Shim) -> Option<f64> {
    let text = shim.get_admin("/metrics").text();
    let line = text
        .lines()
        .find(|line| line.starts_with("shim_async_events_queued "))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

#[test]
fn the_queue_is_seen_in_the_metrics() {
    let gate = Gate::new();
    let shim = serve("instances").arg("--admin", "127.0.0.1:0").start();
    for _ in 0..3 {
        let call = shim.invoke("instances").kind("Event").body(gate.event());
        call.send().expect_status(202);
    }
    assert_eq!(queued(&shim), Some(3.0));
    gate.open();
    eventually("all are run", || (queued(&shim) == Some(0.0)).then_some(()));
}
