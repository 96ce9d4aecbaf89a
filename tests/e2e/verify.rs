//! `shim verify`: the same events through every door.

use std::path::{Path, PathBuf};

use shim_testkit::{Command, Signal, TempDir, eventually, json, plugin};

use crate::{behaviours, shim};

/// A folder with these events, and nothing else.
struct Events(TempDir);

impl Events {
    fn new<B: AsRef<[u8]>>(events: &[(&str, B)]) -> Self {
        let folder = TempDir::new().unwrap();
        for (name, event) in events {
            std::fs::write(folder.path().join(name), event).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

fn verify(plugin: &Path, events: &Path) -> Command {
    let command = shim().command().word("verify").arg("--plugin", plugin);
    command.arg("--events", events)
}

fn of(handler: &str, events: &Events) -> Command {
    verify(&behaviours(), events.path()).handler(handler)
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../example-plugin/events")
}

#[test]
fn the_example_answers_the_same_at_all_doors() {
    let example = plugin("example-plugin");
    let quote = verify(&example, &samples()).handler("quote").run();
    quote
        .expect_code(0)
        .expect_stdout("order.json         http ok            invoke ok            lambda ok            agree\n")
        // How much time is left.
        .expect_stdout("    varies by itself: logs/0/left\n")
        .expect_stdout("out-of-stock.json  http OutOfStock    invoke OutOfStock    lambda OutOfStock    agree\n")
        .expect_stdout("5 events: all agree\n");

    let web = verify(&example, &samples()).run();
    web.expect_code(0)
        .expect_stdout("apigw-v1.json      http ok  invoke ok                      lambda ok                      agree\n")
        .expect_stdout("order.json         http -   invoke Runtime.NotAnHttpEvent  lambda Runtime.NotAnHttpEvent  agree\n");
}

#[test]
fn what_only_lambda_has_is_told_where_an_answer_depends_on_it() {
    let events = Events::new(&[("e.json", "{}")]);
    let named = format!("shop={}", behaviours().display());
    let found = verify(named.as_ref(), events.path())
        .handler("dump")
        .arg("--env", "COLOUR=red")
        .run();
    found
        .expect_code(65)
        .expect_stdout("e.json  http ok  invoke ok  lambda ok  DIFFERENT\n")
        .expect_stdout(
            "    answer/vars/AWS_LAMBDA_FUNCTION_NAME\n      http    nothing\n      \
             invoke  nothing\n      lambda  \"shop\"\n",
        )
        .expect_stdout("1 event: 1 different\n");

    let found = of("dump", &events).arg("--output", "json").run();
    let found = found.expect_code(65).json();
    assert_eq!(found["agree"], false);
    let event = &found["events"][0];
    assert_eq!(
        (&event["event"], &event["http"]),
        (&json!("e.json"), &json!("ok"))
    );
    // The time that remains may be the same twice.
    let varies = event["varies"].as_array().unwrap();
    assert!(varies.contains(&json!("/answer/deadline")), "{event:#}");
    let times = ["/answer/deadline", "/answer/remaining_ms"].map(|path| json!(path));
    assert!(varies.iter().all(|path| times.contains(path)), "{event:#}");
    let differences = event["differences"].as_array().unwrap();
    let of_name = json!({"path": "/answer/vars/AWS_LAMBDA_FUNCTION_NAME", "lambda": "function"});
    assert!(differences.contains(&of_name), "{event:#}");
    // Ids, traces and what was given are the same.
    for same in ["request_id", "trace_id", "memory_limit_mb", "COLOUR"] {
        let path = format!("/answer/{same}");
        let there = differences
            .iter()
            .any(|difference| difference["path"] == path);
        assert!(!there, "{event:#}");
    }
}

#[test]
fn errors_and_panics_are_the_same_at_all_doors() {
    let events = Events::new(&[
        ("named", r#"{"how":"named"}"#),
        ("own", r#"{"how":"own"}"#),
        ("wrong", "[7]"),
        ("no json", "how"),
    ]);
    of("fails", &events)
        .run()
        .expect_code(0)
        .expect_stdout(
            "named    http PaymentRequired  invoke PaymentRequired  lambda PaymentRequired",
        )
        .expect_stdout(
            "no json  http InvalidEvent     invoke -                lambda InvalidEvent ",
        )
        .expect_stdout("4 events: all agree\n");
    let events = Events::new(&[
        ("text", r#"{"how":"text"}"#),
        ("index", r#"{"how":"index"}"#),
    ]);
    of("panics", &events).run().expect_code(0).expect_stdout(
        "text   http Runtime.Panic  invoke Runtime.Panic  lambda Runtime.Panic  agree\n",
    );
}

#[test]
fn bytes_and_log_lines_are_compared() {
    let events = Events::new(&[("bytes", &b"\xff\x00"[..]), ("json", b"[1]")]);
    of("echo", &events)
        .run()
        .expect_code(0)
        .expect_stdout("bytes  http ok  invoke -   lambda ok  agree\n");
    let events = Events::new(&[("e", r#"{"tag":"x"}"#)]);
    of("logs", &events)
        .arg("--log-level", "trace")
        .run()
        .expect_code(0);
}

#[test]
fn a_process_that_dies_and_one_that_takes_too_long_die_at_all_doors() {
    let events = Events::new(&[("e.json", "{}")]);
    of("aborts", &events).run().expect_code(0).expect_stdout(
        "http Runtime.ExitError  invoke Runtime.ExitError  lambda Runtime.ExitError  agree\n",
    );
    let events = Events::new(&[("e.json", r#"{"ms":600000}"#)]);
    let late = of("sleeps", &events).arg("--timeout", "300ms").run();
    late.expect_code(0).expect_stdout(
        "http Sandbox.Timedout  invoke Sandbox.Timedout  lambda Sandbox.Timedout  agree\n",
    );
}

#[test]
fn what_cannot_be_verified_is_told() {
    let nothing = Events::new::<&str>(&[]);
    of("greet", &nothing)
        .run()
        .expect_code(65)
        .expect_stderr("error: there are no events in ")
        .expect_stderr("hint: put an event in a file there");
    verify(&behaviours(), &nothing.path().join("nowhere"))
        .handler("greet")
        .run()
        .expect_code(65)
        .expect_stderr("/nowhere: No such file or directory");
    let events = Events::new(&[("e.json", "{}")]);
    verify(Path::new(env!("CARGO_MANIFEST_PATH")), events.path())
        .run()
        .expect_code(65)
        .expect_stderr("is not an ELF shared object");
    verify(&behaviours(), events.path())
        .run()
        .expect_code(65)
        .expect_stderr("has several handlers and none was named");
    of("init_fails", &events)
        .run()
        .expect_code(65)
        .expect_stderr("error: `shim serve` does not start: it ended with exit status 65\n")
        .expect_stderr("NoDatabase: connection refused");
    of("greet", &events)
        .arg("--timeout", "soon")
        .run()
        .expect_code(64)
        .expect_stderr("expected a duration such as 500ms, 3s or 2m, found `soon`");
}

#[test]
fn nothing_is_left_behind_when_it_is_stopped() {
    let events = Events::new(&[("e.json", r#"{"ms":600000}"#)]);
    let (ground, temporary) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let plugin = ground.path().join("libours.so");
    std::fs::copy(behaviours(), &plugin).unwrap();
    let verifying = verify(&plugin, events.path())
        .handler("sleeps")
        .env("TMPDIR", temporary.path())
        .spawn();
    // Itself, and the one that it has started.
    eventually("nothing is served", || {
        (processes(&plugin) == 2).then_some(())
    });
    verifying.signal(Signal::TERM);
    assert_eq!(verifying.wait_exit(), 70);
    assert!(verifying.stderr().contains("stopped by a signal"));
    eventually("a child lives on", || {
        (processes(&plugin) == 0).then_some(())
    });
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
}

/// How many processes have this path in their command line.
fn processes(path: &Path) -> usize {
    let path = path.as_os_str().as_encoded_bytes();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let named = |process: &std::fs::DirEntry| {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        line.windows(path.len()).any(|window| window == path)
    };
    processes.filter(named).count()
}
