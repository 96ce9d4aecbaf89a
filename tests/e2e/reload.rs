//! SIGHUP: what is served is exchanged, and nobody notices.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use shim_testkit::{Response, Shim, Signal, json};

use crate::{Gate, Toml, behaviours};

fn coloured(colour: &str) -> String {
    format!("env = {{ COLOUR = \"{colour}\" }}\n")
}

fn colour(shim: &Shim) -> String {
    let known = shim.invoke("known").send().expect_success().json();
    known["COLOUR"].as_str().unwrap_or_default().to_owned()
}

/// Sends requests of both kinds on connections that stay, until it is told to stop; how many.
fn load(shim: &Shim, done: &AtomicBool, check: impl Fn(&Response)) -> usize {
    let mut connection = shim.connect();
    for sent in 0.. {
        if done.load(Ordering::SeqCst) {
            return sent;
        }
        if sent % 2 == 0 {
            connection.send_request("POST", "/known", "", b"{}");
        } else {
            shim.invoke("known").send_on(&mut connection);
        }
        check(&connection.response());
        if sent % 50 == 0 {
            connection = shim.connect();
        }
    }
    0
}

/// What happens while four clients send requests without a pause, none of which may fail.
fn under_load(shim: &Shim, check: impl Fn(&Response) + Sync, work: impl FnOnce(&AtomicUsize)) {
    let (done, seen) = (AtomicBool::new(false), AtomicUsize::new(0));
    let count = |response: &Response| {
        response.expect_success();
        check(response);
        seen.fetch_add(1, Ordering::SeqCst);
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| load(shim, &done, count)))
            .collect();
        // Also if the work panics.
        struct Done<'a>(&'a AtomicBool);
        impl Drop for Done<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::SeqCst);
            }
        }
        let end = Done(&done);
        work(&seen);
        drop(end);
        let sent: usize = clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .sum();
        assert!(sent >= 300, "only {sent} requests");
    });
}

/// Waits until so many more requests were answered.
fn more(seen: &AtomicUsize, count: usize) {
    let before = seen.load(Ordering::SeqCst);
    shim_testkit::eventually("requests are answered", || {
        (seen.load(Ordering::SeqCst) >= before + count).then_some(())
    });
}

const ROUTE: &str = "routes = [\"POST /known\"]\nhttp_events = \"none\"\n";

#[test]
fn no_request_fails_while_settings_change() {
    let lines = |colour: &str| format!("{ROUTE}{}", coloured(colour));
    let toml = Toml::of(&[("known", "dump", &lines("0"))]);
    let shim = toml.serve().start();
    let known = |response: &Response| {
        let json = response.json();
        assert!(
            json["COLOUR"]
                .as_str()
                .is_some_and(|text| text.parse::<u32>().is_ok())
        );
    };
    under_load(&shim, known, |seen| {
        more(seen, 100);
        for round in 1..=5 {
            toml.write_functions(&[("known", "dump", &lines(&round.to_string()))]);
            shim.reload();
            assert_eq!(colour(&shim), round.to_string());
            more(seen, 50);
        }
    });
    shim.stop();
    let refused = |log: &shim_testkit::Log| ["WARN", "ERROR"].contains(&log.level());
    assert!(!shim.logs().iter().any(refused), "{}", shim.said());
}

#[test]
fn no_request_fails_while_another_build_comes() {
    let toml = Toml::new("");
    let file = toml.path("plugin.so");
    // As a deployment does it: beside, then renamed.
    let deploy = |plugin: &std::path::Path, handler: &str| {
        let beside = toml.path("plugin.so.new");
        std::fs::copy(plugin, &beside).unwrap();
        std::fs::rename(&beside, &file).unwrap();
        toml.write(&format!(
            "[function.known]\nplugin = {}\nhandler = \"{handler}\"\n{ROUTE}",
            json!(file)
        ));
    };
    let example = shim_testkit::plugin("example-plugin");
    deploy(&behaviours(), "nothing");
    let shim = toml.serve().start();
    under_load(
        &shim,
        |_| (),
        |seen| {
            more(seen, 100);
            for _ in 0..2 {
                deploy(&example, "handler");
                // The example's is a web handler: those who ask by the API would be told so.
                deploy(&behaviours(), "instances");
                shim.reload();
                more(seen, 50);
                deploy(&behaviours(), "dump");
                shim.reload();
                more(seen, 50);
            }
        },
    );
    deploy(&example, "handler");
    shim.reload();
    shim.invoke("known")
        .send()
        .expect_function_error("Runtime.NotAnHttpEvent");
}

#[test]
fn what_was_there_before_is_stopped() {
    let toml = Toml::of(&[("known", "instances", "")]);
    let shim = toml.serve().start();
    shim.invoke("known").send().expect_success();
    shim.reload();
    shim.wait_for_message("instance stopped");
    let report = shim.invoke("known").send().expect_success().json();
    assert_eq!(
        (&report["started"], &report["runs"]),
        (&json!(1), &json!(1))
    );
    shim.stop();
    let count = |message: &str| shim.logs().iter().filter(|log| log.says(message)).count();
    assert_eq!(count("initialised"), 2, "{}", shim.said());
    assert_eq!(count("instance stopped"), 2, "{}", shim.said());
}

#[test]
fn what_runs_meanwhile_is_finished_by_what_began_it() {
    let gate = Gate::new();
    let toml = Toml::of(&[("known", "instances", "")]);
    let shim = toml.serve().start();
    let mut running = shim.invoke("known").body(gate.event()).begin();
    shim.wait_for_message("running");
    let call = shim.invoke("known").body(gate.event());
    let mut streaming = shim.invoke_stream("known").body(gate.event()).begin();
    let mut joined = call.attempt_of("one").begin();
    shim.wait_for_logs("all run", 3, |log| log.says("running"));
    toml.write_functions(&[("known", "nothing", "")]);
    shim.reload();
    shim.invoke("known")
        .send()
        .expect_success()
        .expect_body("null");
    let stopped = |log: &shim_testkit::Log| log.says("instance stopped");
    assert!(!shim.logs().iter().any(stopped), "{}", shim.said());
    gate.open();
    running.response().expect_success();
    joined.response().expect_success();
    assert_eq!(
        streaming.response().frames().last().unwrap().completion(),
        json!({})
    );
    shim.wait_for_logs("they are stopped", 3, stopped);
}

#[test]
fn functions_come_and_go() {
    let toml = Toml::of(&[("one", "nothing", ""), ("two", "nothing", "")]);
    let shim = toml.serve().start();
    toml.write_functions(&[("two", "nothing", ""), ("three", "nothing", "")]);
    shim.reload();
    shim.invoke("one").send().expect_status(404);
    shim.invoke("two").send().expect_success();
    shim.invoke("three").send().expect_success();
}

#[test]
fn what_is_wrong_keeps_what_was_there() {
    let toml = Toml::of(&[("known", "dump", &coloured("red"))]);
    let shim = toml.serve().start();
    let mut errors = 0;
    let plugin = json!(behaviours());
    for (text, said) in [
        ("not toml".to_owned(), "is not TOML"),
        ("colour = 1\n".to_owned(), "unknown key"),
        (
            "[function.known]\nplugin = \"absent.so\"\n".to_owned(),
            "absent.so",
        ),
        (
            format!("[function.known]\nplugin = {plugin}\nhandler = \"absent\"\n"),
            "absent",
        ),
        (
            format!("[function.known]\nplugin = {plugin}\nhandler = \"init_fails\"\n"),
            "connection refused",
        ),
    ] {
        toml.write(&text);
        shim.signal(Signal::HUP);
        errors += 1;
        let lines = shim.wait_for_logs("the errors", errors, |log| {
            log.level() == "ERROR" && log.message().starts_with("nothing was reloaded")
        });
        let told = lines.last().unwrap().message();
        assert!(told.contains(said), "no `{said}` in {told}");
        assert_eq!(colour(&shim), "red");
    }
    toml.write_functions(&[("known", "dump", &coloured("blue"))]);
    shim.reload();
    assert_eq!(colour(&shim), "blue");
    shim.stop();
}

#[test]
fn a_stop_during_a_reload_is_a_stop() {
    let gate = Gate::new();
    let toml = Toml::of(&[("known", "nothing", "")]);
    let shim = toml.serve().arg("--grace", "2s").start();
    let lines = format!("env = {{ FILE = {} }}\n", json!(gate.path()));
    toml.write_functions(&[("known", "init_waits", &lines)]);
    shim.signal(Signal::HUP);
    shim.wait_for_message("init waits");
    shim.invoke("known").send().expect_success();
    shim.signal(Signal::TERM);
    assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
}

/// The same file again, after another was served in its place: it gets a new start, and what is left
/// of the first is no harm to it.
#[test]
fn a_build_may_come_back() {
    let gate = Gate::new();
    let toml = Toml::of(&[("known", "instances", "")]);
    let shim = toml.serve().start();
    let example = format!(
        "[function.known]\nplugin = {}\nhandler = \"handler\"\n",
        json!(shim_testkit::plugin("example-plugin"))
    );
    let back_and_forth = || {
        toml.write(&example);
        shim.reload();
        toml.write_functions(&[("known", "instances", "")]);
        shim.reload();
    };
    // The first time something of the old still runs.
    let mut running = shim.invoke("known").body(gate.event()).begin();
    shim.wait_for_message("running");
    back_and_forth();
    shim.invoke("known").send().expect_success();
    gate.open();
    running.response().expect_success();
    shim.wait_for_message("instance stopped");
    for _ in 0..3 {
        shim.invoke("known").send().expect_success();
        back_and_forth();
        let report = shim.invoke("known").send().expect_success().json();
        assert_eq!(report["runs"], 1);
    }
    shim.stop();
}

#[test]
fn a_stop_at_once_stops_the_old_instances_too() {
    let toml = Toml::of(&[("known", "instances", "")]);
    let shim = toml.serve().start();
    shim.invoke("known").send().expect_success();
    shim.reload();
    shim.invoke("known").send().expect_success();
    shim.stop();
    let stopped = |log: &&shim_testkit::Log| log.says("instance stopped");
    assert_eq!(
        shim.logs().iter().filter(stopped).count(),
        2,
        "{}",
        shim.said()
    );
}

/// A new build at an old path is mapped under another name; its stack traces still have names.
#[test]
fn a_panic_in_a_new_build_is_told_with_its_place() {
    let toml = Toml::new("");
    let file = toml.path("plugin.so");
    let deploy = || {
        let beside = toml.path("plugin.so.new");
        std::fs::copy(behaviours(), &beside).unwrap();
        std::fs::rename(&beside, &file).unwrap();
    };
    deploy();
    let plugin = json!(file);
    toml.write(&format!(
        "[function.known]\nplugin = {plugin}\nhandler = \"panics\"\n"
    ));
    let shim = toml.serve().start();
    for _ in 0..3 {
        let response = shim.invoke("known").body(r#"{"how":"text"}"#).send();
        response.expect_function_error("Runtime.Panic");
        let trace = response.json()["stackTrace"].to_string();
        assert!(trace.contains("the_guilty_function"), "{trace}");
        deploy();
        shim.reload();
    }
}
