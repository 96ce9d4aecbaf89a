//! Drain, spool, and the start after it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use super::super::testing::{Fake, Fakes, Logged, Then, event, idle};
use super::super::{Drained, EventConfig, Events, EventsPlan, PushError, TakenUp};

const GRACE: Duration = Duration::from_secs(5);

fn answer_after(seconds: u64) -> Then {
    let delay = Duration::from_secs(seconds);
    Then::After(delay, Box::new(Then::Answer("{}".into())))
}

fn start(fakes: &Fakes, spool: &Path) -> Events<Fakes> {
    let plan = EventsPlan {
        concurrency: 10,
        spool: Some(spool.to_owned()),
        ..EventsPlan::default()
    };
    Events::start(plan, fakes.clone())
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test(start_paused = true)]
async fn what_is_due_is_run_within_the_grace() {
    let fake = Fake::new(|_| answer_after(1));
    let dir = tempfile::tempdir().unwrap();
    let events = start(&Fakes::one("f", &fake, EventConfig::default()), dir.path());
    for n in 0..30 {
        events.accept(event("f", n.to_string())).await.unwrap();
    }
    let begin = Instant::now();
    assert_eq!(events.drain(GRACE).await, Drained::default());
    assert_eq!(fake.seen().len(), 30);
    assert_eq!(begin.elapsed().as_secs(), 3, "as soon as all is done");
    assert!(files(dir.path()).is_empty());
    let refused = events.accept(event("f", "late")).await;
    assert_eq!(refused, Err(PushError::Closed));
    assert_eq!(events.drain(GRACE).await, Drained::default());
}

#[tokio::test(start_paused = true)]
async fn what_is_left_is_taken_up_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let spool = dir.path().join("made/when/needed");
    let failing = Fake::new(|_| Then::fail());
    let hanging = Fake::new(|_| Then::Hang);
    let config = EventConfig::default;
    let fakes = Fakes::one("fails", &failing, config()).and("hangs", &hanging, config());
    let events = start(&fakes, &spool);
    let mut ids = Vec::new();
    for name in ["fails"].into_iter().chain(["hangs"; 15]) {
        let event = event(name, format!("\"{name}\""));
        ids.push(event.id);
        events.accept(event).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    let drained = events.drain(GRACE).await;
    assert_eq!(drained.left, 16);
    let file = drained.file.unwrap();
    assert_eq!(files(&spool), [file]);

    let failing = Fake::new(|_| Then::fail());
    let works = Fake::new(|_| Then::Answer("{}".into()));
    let fakes = Fakes::one("fails", &failing, config()).and("hangs", &works, config());
    let events = start(&fakes, &spool);
    let taken = events.take_up().await.unwrap();
    assert_eq!((taken.events, taken.damaged), (16, 0));
    assert!(files(&spool).is_empty());
    idle(&events).await;
    let first = failing.seen();
    assert_eq!(first.len(), 2, "one of three attempts was made before");
    assert!(first.iter().all(|seen| seen.id == ids[0]));
    let others: Vec<_> = works.seen().iter().map(|seen| seen.id).collect();
    assert_eq!(others, ids[1..], "in the order of acceptance");
}

#[tokio::test(start_paused = true)]
async fn an_age_goes_on_while_no_process_runs() {
    let dir = tempfile::tempdir().unwrap();
    let hanging = Fake::new(|_| Then::Hang);
    let events = start(
        &Fakes::one("f", &hanging, EventConfig::default()),
        dir.path(),
    );
    let mut old = event("f", "{}");
    old.arrived -= Duration::from_secs(6 * 60 * 60 - 60);
    events.accept(old).await.unwrap();
    let file = events.drain(Duration::ZERO).await.file.unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let mut line: serde_json::Value = serde_json::from_str(&text).unwrap();
    let arrived: jiff::Timestamp = line["arrived"].as_str().unwrap().parse().unwrap();
    let earlier = arrived - jiff::SignedDuration::from_secs(61);
    line["arrived"] = earlier.to_string().into();
    fs::write(&file, line.to_string()).unwrap();

    let fake = Fake::new(|_| Then::Answer("{}".into()));
    let events = start(&Fakes::one("f", &fake, EventConfig::default()), dir.path());
    assert_eq!(events.take_up().await.unwrap().events, 1);
    idle(&events).await;
    assert!(fake.seen().is_empty());
    assert_eq!(events.stats().dropped, 1);
}

#[tokio::test(start_paused = true)]
async fn a_damaged_line_is_kept_aside_and_the_rest_is_taken_up() {
    let (logged, _guard) = Logged::start();
    let dir = tempfile::tempdir().unwrap();
    let fakes = Fakes::one("f", &Fake::new(|_| Then::Hang), EventConfig::default());
    let events = start(&fakes, dir.path());
    for n in 0..3 {
        events.accept(event("f", n.to_string())).await.unwrap();
    }
    let file = events.drain(Duration::ZERO).await.file.unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let (cut, _) = lines[1].split_at(40);
    // As a process leaves it that is killed while it writes.
    let temporary = file.with_extension("jsonl.tmp");
    fs::write(&temporary, format!("{}\n{cut}\n{}\n{{", lines[0], lines[2])).unwrap();
    fs::remove_file(&file).unwrap();
    fs::write(dir.path().join("notes.txt"), "not ours").unwrap();

    let fake = Fake::new(|_| Then::Answer("{}".into()));
    let events = start(&Fakes::one("f", &fake, EventConfig::default()), dir.path());
    let expected = TakenUp {
        events: 2,
        damaged: 2,
    };
    assert_eq!(events.take_up().await.unwrap(), expected);
    idle(&events).await;
    assert_eq!(fake.payloads(), ["0", "2"]);
    let damaged = file.with_extension("jsonl.tmp.damaged");
    assert_eq!(
        files(dir.path()),
        [damaged.clone(), dir.path().join("notes.txt")]
    );
    assert_eq!(fs::read_to_string(damaged).unwrap(), format!("{cut}\n{{\n"));
    assert_eq!(logged.lines(&["ERROR", "damaged lines"]).len(), 1);
    assert_eq!(events.take_up().await.unwrap(), TakenUp::default());
}

#[tokio::test(start_paused = true)]
async fn a_file_that_another_process_has_is_left_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events-1.jsonl.tmp");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(b"{").unwrap();
    file.lock().unwrap();
    let events = start(&Fakes::default(), dir.path());
    assert_eq!(events.take_up().await.unwrap(), TakenUp::default());
    assert_eq!(files(dir.path()), [path]);
}

#[tokio::test(start_paused = true)]
async fn without_a_spool_the_request_ids_are_logged() {
    let (logged, _guard) = Logged::start();
    let events = Fakes::one("f", &Fake::new(|_| Then::Hang), EventConfig::default()).start();
    assert_eq!(events.take_up().await.unwrap(), TakenUp::default());
    let event = event("f", "{}");
    let id = event.id;
    events.accept(event).await.unwrap();
    let lost = Drained {
        left: 1,
        file: None,
    };
    assert_eq!(events.drain(GRACE).await, lost);
    let lines = logged.lines(&["ERROR", "events=1", &id, "no spool directory"]);
    assert_eq!(lines.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_spool_that_cannot_be_written_loses_nothing_in_silence() {
    let (logged, _guard) = Logged::start();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let fakes = Fakes::one("f", &Fake::new(|_| Then::Hang), EventConfig::default());
    let events = start(&fakes, &file);
    let event = event("f", "{}");
    let id = event.id;
    events.accept(event).await.unwrap();
    assert_eq!(events.drain(GRACE).await.file, None);
    assert_eq!(logged.lines(&["ERROR", &id, "cannot write"]).len(), 1);
    assert!(events.take_up().await.is_err());
}
