//! When and how often an event is run.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use super::super::testing::{Fake, Fakes, Logged, Then, event, idle};
use super::super::{EventConfig, Events, EventsPlan, PushError};
use crate::invocation::{ErrorKind, FunctionError, Refusal};

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn a_failed_event_is_run_again_after_one_and_two_minutes_with_its_request_id() {
    let fake = Fake::new(|_| Then::fail());
    let events = Fakes::one("f", &fake, EventConfig::default()).start();
    let mut event = event("f", r#"{"a":1}"#);
    event.tenant_id = Some("blue".to_owned());
    let (id, start) = (event.id, Instant::now());
    events.accept(event).await.unwrap();
    idle(&events).await;

    assert_eq!(fake.seconds(start), [0, 60, 180]);
    assert_eq!(fake.payloads(), [r#"{"a":1}"#; 3]);
    for seen in fake.seen() {
        assert_eq!(seen.id, id);
        assert_eq!(seen.caller.tenant_id.as_deref(), Some("blue"));
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
        assert_eq!(seen.caller.arn.as_deref(), Some(arn));
    }
    let stats = events.stats();
    assert_eq!((stats.retried, stats.dropped, stats.queued), (2, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_success_ends_the_retries_and_a_timeout_is_a_failure() {
    let fake = Fake::new(|nth| match nth {
        1 => Then::Fail(FunctionError::timed_out(secs(3))),
        _ => Then::Answer("{}".into()),
    });
    let events = Fakes::one("f", &fake, EventConfig::default()).start();
    let start = Instant::now();
    events.accept(event("f", "{}")).await.unwrap();
    idle(&events).await;
    assert_eq!(fake.seconds(start), [0, 60]);
    assert_eq!(events.stats().succeeded, 1);
    assert_eq!(events.stats().dropped, 0);
}

#[tokio::test(start_paused = true)]
async fn retries_and_delays_are_the_functions_own() {
    let fake = Fake::new(|_| Then::fail());
    let config = EventConfig {
        max_retries: 0,
        ..EventConfig::default()
    };
    let slow = Fake::new(|_| Then::fail());
    let one_delay = EventConfig {
        retry_delays: vec![secs(5)],
        ..EventConfig::default()
    };
    let fakes = Fakes::one("f", &fake, config).and("slow", &slow, one_delay);
    let events = fakes.start();
    let start = Instant::now();
    events.accept(event("f", "{}")).await.unwrap();
    events.accept(event("slow", "{}")).await.unwrap();
    idle(&events).await;
    assert_eq!(fake.seconds(start), [0]);
    assert_eq!(slow.seconds(start), [0, 5, 10]);
}

#[tokio::test(start_paused = true)]
async fn events_run_in_order_one_after_the_other_if_there_is_one_place() {
    let fake = Fake::new(|_| Then::After(secs(1), Box::new(Then::Answer("{}".into()))));
    let fakes = Fakes::one("f", &fake, EventConfig::default());
    let plan = EventsPlan {
        concurrency: 1,
        ..EventsPlan::default()
    };
    let events = Events::start(plan, fakes);
    let expected: Vec<_> = (0..20).map(|n: u32| n.to_string()).collect();
    for payload in &expected {
        events.accept(event("f", payload)).await.unwrap();
    }
    idle(&events).await;
    assert_eq!(fake.payloads(), expected);
    assert_eq!(fake.most(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_and_counts() {
    let fake = Fake::new(|_| Then::Hang);
    let plan = EventsPlan {
        max_events: 2,
        ..EventsPlan::default()
    };
    let events = Events::start(plan, Fakes::one("f", &fake, EventConfig::default()));
    events.accept(event("f", "1")).await.unwrap();
    events.accept(event("f", "2")).await.unwrap();
    tokio::time::sleep(secs(1)).await;
    let refused = events.accept(event("f", "3")).await;
    assert!(matches!(refused, Err(PushError::Full { events: 2, .. })));
    let stats = events.stats();
    assert_eq!((stats.accepted, stats.refused), (2, 1));
    assert_eq!((stats.queued, stats.running), (2, 2));
    assert!(stats.oldest >= secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_throttled_event_comes_back_ever_more_seldom_and_that_is_no_attempt() {
    let fake = Fake::new(|nth| match nth {
        1..=11 => Then::throttle(10),
        12..=13 => Then::fail(),
        _ => Then::Answer("{}".into()),
    });
    let events = Fakes::one("f", &fake, EventConfig::default()).start();
    let start = Instant::now();
    events.accept(event("f", "{}")).await.unwrap();
    idle(&events).await;
    let throttled = [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111];
    let failed = [1171, 1291];
    assert_eq!(fake.seconds(start), [&throttled[..], &failed].concat());
    assert_eq!(events.stats().succeeded, 1);
}

#[tokio::test(start_paused = true)]
async fn what_shuts_down_keeps_its_events() {
    let fake = Fake::new(|nth| match nth {
        1 => Then::Refuse(Refusal::ShuttingDown),
        2 => Then::Fail(FunctionError::new(
            ErrorKind::Cancelled,
            "Runtime.Cancelled",
            "",
        )),
        _ => Then::Answer("{}".into()),
    });
    let config = EventConfig {
        max_retries: 0,
        ..EventConfig::default()
    };
    let events = Fakes::one("f", &fake, config).start();
    let start = Instant::now();
    events.accept(event("f", "{}")).await.unwrap();
    idle(&events).await;
    assert_eq!(fake.seconds(start), [0, 1, 3]);
    assert_eq!(events.stats().succeeded, 1);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_leaves_a_line() {
    let (logged, _guard) = Logged::start();
    let fake = Fake::new(|nth| match nth {
        1 => Then::fail(),
        _ => Then::Answer("{}".into()),
    });
    let events = Fakes::one("f", &fake, EventConfig::default()).start();
    let event = event("f", "{}");
    let id = event.id;
    events.accept(event).await.unwrap();
    idle(&events).await;
    for (texts, level) in [
        (["attempt=1", "outcome=\"function error\""], "WARN"),
        (["attempt=2", "outcome=\"success\""], "INFO"),
    ] {
        let lines = logged.lines(&texts);
        let [line] = &lines[..] else {
            panic!("{lines:?}");
        };
        assert!(line.starts_with(level), "{line}");
        assert!(
            line.contains(&*id) && line.contains("function=\"f\""),
            "{line}"
        );
    }
}

#[tokio::test]
async fn two_thousand_at_once_are_run_once_each() {
    let fake = Fake::new(|nth| {
        let delay = Duration::from_millis(nth as u64 % 7);
        Then::After(delay, Box::new(Then::Answer("{}".into())))
    });
    let fakes = Fakes::one("f", &fake, EventConfig::default());
    let plan = EventsPlan {
        concurrency: 100,
        ..EventsPlan::default()
    };
    let events = std::sync::Arc::new(Events::start(plan, fakes));
    let accept = |n: usize| {
        let events = std::sync::Arc::clone(&events);
        tokio::spawn(async move { events.accept(event("f", n.to_string())).await })
    };
    let accepting: Vec<_> = (0..2000).map(accept).collect();
    for accepted in accepting {
        accepted.await.unwrap().unwrap();
    }
    idle(&events).await;
    let seen = fake.payloads();
    assert_eq!(seen.len(), 2000);
    assert_eq!(seen.into_iter().collect::<HashSet<_>>().len(), 2000);
    assert!(fake.most() <= 100);
    assert_eq!(events.stats().succeeded, 2000);
}
