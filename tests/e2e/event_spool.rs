//! Events that wait at a stop, and are run after the next start.

use std::fs;

use shim_testkit::{Command, Log, Signal};

use crate::{Gate, Toml, serve};

fn spooled(folder: &Toml) -> Vec<std::path::PathBuf> {
    let Ok(files) = fs::read_dir(folder.path("spool")) else {
        return Vec::new();
    };
    files.map(|file| file.unwrap().path()).collect()
}

fn with_spool(folder: &Toml) -> Command {
    let spool = folder.path("spool");
    fs::create_dir_all(&spool).unwrap();
    let command = serve("instances").arg("--spool", spool);
    command.arg("--grace", "1s")
}

fn is_run(log: &Log) -> bool {
    log.says("running")
}

#[test]
fn what_waits_at_a_stop_is_run_after_the_next_start() {
    let folder = Toml::new("");
    let gate = Gate::new();
    let shim = with_spool(&folder)
        .arg("--concurrency", "1")
        .arg("--queue", "0")
        .start();
    let send = |event: &str| {
        let accepted = shim.invoke("instances").kind("Event").body(event).send();
        accepted.expect_status(202).request_id()
    };
    // It runs beyond the grace, and there is no place for the others.
    let mut ids = vec![send(&gate.event())];
    shim.wait_for_log("its run", is_run);
    ids.extend((0..3).map(|number| send(&format!("{{\"sleep_ms\":{number}}}"))));
    shim.wait_for_logs("no place", 3, |log| log["status"] == 429);
    shim.signal(Signal::TERM);
    assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
    assert_eq!(spooled(&folder).len(), 1, "{}", shim.said());

    gate.open();
    let shim = with_spool(&folder).start();
    let done = shim.wait_for_logs("all four", 4, |log| log.says("event run"));
    let mut found: Vec<_> = done.iter().map(|log| log.request_id().to_owned()).collect();
    found.sort_unstable();
    ids.sort_unstable();
    assert_eq!(found, ids);
    assert!(
        done.iter().all(|log| log["attempt"] == 1),
        "{}",
        shim.said()
    );
    shim.stop();
    assert!(spooled(&folder).is_empty(), "{}", shim.said());
}

#[test]
fn without_a_spool_their_ids_are_in_the_log() {
    let shim = serve("instances")
        .arg("--event-retry-delays", "1h")
        .arg("--grace", "1s")
        .start();
    let call = shim.invoke("instances").kind("Event");
    let accepted = call.body(r#"{"fail":true}"#).send();
    shim.wait_for_message("event failed");
    shim.stop();
    let lost =
        |log: &Log| log.level() == "ERROR" && format!("{log:?}").contains(&accepted.request_id());
    assert!(shim.logs().iter().any(lost), "{}", shim.said());
}

#[test]
fn after_the_stop_began_no_more_are_accepted() {
    let gate = Gate::new();
    let shim = serve("sleeps").start();
    let mut connection = shim.connect();
    shim.invoke("sleeps")
        .body(gate.event())
        .send_on(&mut connection);
    shim.wait_for_message("sleeping");
    shim.signal(Signal::TERM);
    shim.wait_for_log("it stops", |log| log.message().starts_with("stopping"));
    gate.open();
    connection
        .response()
        .expect_success()
        .expect_header("connection", "close");
    assert_eq!(shim.wait_exit(), 0);
}
