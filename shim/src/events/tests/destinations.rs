//! What of an event reaches whom.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::super::testing::{Fake, Fakes, Logged, Then, event, idle, to};
use super::super::{Destination, EventConfig, Events, EventsPlan};
use crate::invocation::FunctionError;

fn records(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A function whose records all go to `file`.
fn to_file(file: &Path) -> EventConfig {
    EventConfig {
        on_failure: Some(Destination::File(file.to_owned())),
        on_success: Some(Destination::File(file.to_owned())),
        ..EventConfig::default()
    }
}

/// The one record of an event for a function that does `script`.
async fn record_of(script: fn(usize) -> Then, max_age: u64) -> (Value, Arc<Fake>) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("records.jsonl");
    let fake = Fake::new(script);
    let config = EventConfig {
        max_age: Duration::from_secs(max_age),
        ..to_file(&file)
    };
    let events = Fakes::one("f", &fake, config).start();
    let event = event("f", "{\n\"a\": 1}");
    let id = event.id;
    events.accept(event).await.unwrap();
    idle(&events).await;
    let mut records = records(&file);
    let mut record = records.pop().unwrap();
    assert!(records.is_empty());
    let record_id = record["requestContext"]["requestId"].take();
    assert_eq!(record_id, id.as_str());
    assert_eq!(events.stats().delivered, 1);
    (record, fake)
}

fn context(condition: &str, count: u32) -> Value {
    json!({
        "requestId": null,
        "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST",
        "condition": condition,
        "approximateInvokeCount": count,
    })
}

#[tokio::test(start_paused = true)]
async fn a_success_is_recorded_with_its_response() {
    let (record, _) = record_of(|_| Then::Answer(r#"{"ok": true}"#.into()), 60).await;
    assert_eq!(record["requestContext"], context("Success", 1));
    assert_eq!(record["requestPayload"], json!({"a": 1}));
    let response = json!({"statusCode": 200, "executedVersion": "$LATEST"});
    assert_eq!(record["responseContext"], response);
    assert_eq!(record["responsePayload"], json!({"ok": true}));
}

#[tokio::test(start_paused = true)]
async fn exhausted_retries_are_recorded_with_the_error() {
    let (record, _) = record_of(|_| Then::fail(), 21600).await;
    assert_eq!(record["requestContext"], context("RetriesExhausted", 3));
    let response =
        json!({"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"});
    assert_eq!(record["responseContext"], response);
    let error = json!({"errorType": "Boom", "errorMessage": "it failed"});
    assert_eq!(record["responsePayload"], error);
}

/// The same text that a caller who waits gets.
#[tokio::test(start_paused = true)]
async fn a_timeout_names_the_invocation() {
    let timed_out = |_| Then::Fail(FunctionError::timed_out(Duration::from_secs(3)));
    let (record, _) = record_of(timed_out, 21600).await;
    let message = record["responsePayload"]["errorMessage"].as_str().unwrap();
    let (id, rest) = message.split_once(" Error: ").unwrap();
    assert_eq!(id.len(), "RequestId: ".len() + 36, "{id}");
    assert_eq!(rest, "Task timed out after 3.00 seconds");
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_would_come_too_late_is_not_waited_for() {
    for (max_age, count) in [(59, 1), (179, 2)] {
        let (record, fake) = record_of(|_| Then::fail(), max_age).await;
        assert_eq!(record["requestContext"], context("EventAgeExceeded", count));
        assert_eq!(record["responsePayload"]["errorType"], "Boom");
        assert_eq!(fake.seen().len(), count as usize);
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_event_ends_at_its_age_and_has_no_response() {
    let (record, fake) = record_of(|_| Then::throttle(10), 10).await;
    assert_eq!(record["requestContext"], context("EventAgeExceeded", 0));
    assert_eq!(record.get("responseContext"), None);
    assert_eq!(fake.seen().len(), 4, "after 0, 1, 3 and 7 s");
}

#[tokio::test(start_paused = true)]
async fn a_function_without_concurrency_gives_up_at_once() {
    let (record, fake) = record_of(|_| Then::throttle(0), 60).await;
    let expected = context("ZeroReservedConcurrency", 0);
    assert_eq!(record["requestContext"], expected);
    assert_eq!(record.get("responsePayload"), None);
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_too_old_is_not_tried() {
    let fake = Fake::new(|_| Then::Answer("{}".into()));
    let fakes =
        Fakes::one("f", &fake, EventConfig::default()).and("sink", &fake, EventConfig::default());
    let events = fakes.start();
    let mut event = event("f", "{}");
    event.arrived = SystemTime::now() - Duration::from_secs(6 * 60 * 60 + 1);
    events.accept(event).await.unwrap();
    idle(&events).await;
    assert!(fake.seen().is_empty());
    assert_eq!(events.stats().dropped, 1);
}

#[tokio::test(start_paused = true)]
async fn a_record_becomes_an_event_that_is_retried_itself() {
    let fake = Fake::new(|_| Then::Answer("[1]".into()));
    let sink = Fake::new(|nth| match nth {
        1 => Then::fail(),
        _ => Then::Answer("{}".into()),
    });
    let config = EventConfig {
        on_success: to("sink"),
        ..EventConfig::default()
    };
    let fakes = Fakes::one("f", &fake, config).and("sink", &sink, EventConfig::default());
    let events = fakes.start();
    let event = event("f", "{}");
    let id = event.id;
    events.accept(event).await.unwrap();
    idle(&events).await;
    let seen = sink.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].id, seen[1].id);
    assert_ne!(seen[0].id, id);
    let record: Value = serde_json::from_slice(&seen[0].payload).unwrap();
    assert_eq!(record["requestContext"]["requestId"], id.as_str());
    assert_eq!(record["responsePayload"], json!([1]));
}

#[tokio::test(start_paused = true)]
async fn functions_that_are_their_own_destination_end() {
    let (logged, _guard) = Logged::start();
    let fake = Fake::new(|_| Then::Answer("{}".into()));
    let config = EventConfig {
        on_success: to("f"),
        ..EventConfig::default()
    };
    let events = Fakes::one("f", &fake, config).start();
    events.accept(event("f", "{}")).await.unwrap();
    idle(&events).await;
    assert_eq!(fake.seen().len(), 17, "the first and 16 after it");
    assert_eq!(events.stats().delivery_failures, 1);
    assert!(
        !logged
            .lines(&["more than 16 destinations in a row"])
            .is_empty()
    );
}

#[tokio::test(start_paused = true)]
async fn a_record_that_nobody_takes_is_in_the_log() {
    let (logged, _guard) = Logged::start();
    let dir = tempfile::tempdir().unwrap();
    // A directory is no file.
    let events = Fakes::one("f", &Fake::new(|_| Then::fail()), to_file(dir.path())).start();
    let event = event("f", r#"{"order":"7"}"#);
    let id = event.id;
    events.accept(event).await.unwrap();
    idle(&events).await;
    let lines = logged.lines(&["record not delivered yet", &id]);
    assert_eq!(lines.len(), 3);
    let lines = logged.lines(&["ERROR", "pieces=1", &id]);
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert!(
        line.contains(r#"\"requestPayload\":{\"order\":\"7\"}"#),
        "{line}"
    );
    let stats = events.stats();
    assert_eq!((stats.delivered, stats.delivery_failures), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_long_record_is_logged_in_pieces_and_whole() {
    let (logged, _guard) = Logged::start();
    let dir = tempfile::tempdir().unwrap();
    let fake = Fake::new(|_| Then::Answer("{}".into()));
    let events = Fakes::one("f", &fake, to_file(dir.path())).start();
    let text = "é".repeat(40_000);
    events
        .accept(event("f", format!("\"x{text}\"")))
        .await
        .unwrap();
    idle(&events).await;
    let lines = logged.lines(&["ERROR", "piece="]);
    assert_eq!(lines.len(), 4);
    let pieces = lines.iter().map(|line| line.matches('é').count());
    assert_eq!(pieces.sum::<usize>(), 40_000);
}

#[tokio::test(start_paused = true)]
async fn a_destination_without_room_is_tried_again() {
    let fake = Fake::new(|_| Then::fail());
    let sink = Fake::new(|_| {
        Then::After(
            Duration::from_millis(500),
            Box::new(Then::Answer("{}".into())),
        )
    });
    let config = EventConfig {
        max_retries: 0,
        on_failure: to("sink"),
        ..EventConfig::default()
    };
    let fakes = Fakes::one("f", &fake, config).and("sink", &sink, EventConfig::default());
    let plan = EventsPlan {
        max_events: 2,
        ..EventsPlan::default()
    };
    let events = Events::start(plan, fakes);
    events.accept(event("sink", "{}")).await.unwrap();
    events.accept(event("f", "{}")).await.unwrap();
    idle(&events).await;
    assert_eq!(sink.seen().len(), 2);
    assert_eq!(events.stats().delivered, 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_whose_function_is_gone_is_given_up_and_logged() {
    let (logged, _guard) = Logged::start();
    let fakes = Fakes::one("f", &Fake::new(|_| Then::fail()), EventConfig::default());
    let events = fakes.start();
    let event = event("f", "{}");
    let id = event.id;
    events.accept(event).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    fakes.remove("f");
    idle(&events).await;
    assert_eq!(events.stats().dropped, 1);
    let lines = logged.lines(&["ERROR", "no such function any more", &id, "attempts=1"]);
    assert_eq!(lines.len(), 1);
}
