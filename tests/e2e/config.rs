//! Flags, variables, `shim.toml`: one word each, and all problems at once.

use std::path::PathBuf;

use shim_testkit::{Command, Shim, TempDir, json};

use crate::{Toml, behaviours, serve, shim};

/// A `shim.toml` with this text.
fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("shim.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

/// The limit that an invocation sees, to the ten seconds.
fn timeout(shim: &Shim) -> Option<u64> {
    let left = shim.get("/").expect_status(200).json()["remaining_ms"].as_u64();
    left.map(|ms| ms.div_ceil(100_000) * 100)
}

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
    let (_folder, path) = file("timeout = \"300s\"");
    let given = |levels: usize| -> Command {
        let command = serve("dump");
        let command = match levels {
            0 => command,
            _ => command.arg("--config", &path),
        };
        let command = match levels {
            0 | 1 => command,
            _ => command.env("SHIM_TIMEOUT", "200s"),
        };
        match levels {
            0..=2 => command,
            _ => command.arg("--timeout", "100s"),
        }
    };
    assert_eq!(timeout(&given(0).start()), None);
    assert_eq!(timeout(&given(1).start()), Some(300));
    assert_eq!(timeout(&given(2).start()), Some(200));
    assert_eq!(timeout(&given(3).start()), Some(100));
}

#[test]
fn everything_may_stand_in_the_file() {
    let plugin = behaviours();
    let (_folder, path) = file(&format!(
        "plugin = {plugin:?}\nhandler = \"dump\"\nport = 0\nhost = \"::1\"\nmax_body = \"1KiB\"\n\
         admin = \"127.0.0.1:0\"\n\n[env]\nCOLOUR = \"red\"\nNUMBER = 7\n"
    ));
    // Named by a variable.
    let shim = shim().command().env("SHIM_CONFIG", &path).start();
    assert!(shim.address().is_ipv6());
    let known = shim.get("/").expect_status(200).json();
    assert_eq!(known["vars"], json!({ "COLOUR": "red", "NUMBER": "7" }));
    shim.post("/", vec![b' '; 1025]).expect_status(413);
    shim.get_admin("/ready").expect_status(200);
}

#[test]
fn everything_may_stand_in_variables() {
    let shim = shim()
        .command()
        .env("SHIM_PLUGIN", behaviours())
        .env("SHIM_HANDLER", "dump")
        .env("SHIM_PORT", "0")
        .env("SHIM_ENV", "COLOUR=red,SIZE=9")
        .start();
    let known = shim.get("/").expect_status(200).json();
    assert_eq!(known["vars"], json!({ "COLOUR": "red", "SIZE": "9" }));
}

#[test]
fn a_platforms_port_is_for_everybody() {
    let command = || {
        shim()
            .command()
            .arg("--plugin", behaviours())
            .handler("echo")
    };
    let shim = command().env("PORT", "0").start();
    assert!(shim.address().ip().is_unspecified(), "{}", shim.said());
    // Our own words count for more.
    let shim = command()
        .env("PORT", "1")
        .env("SHIM_PORT", "0")
        .arg("--host", "127.0.0.1")
        .start();
    assert!(shim.address().ip().is_loopback(), "{}", shim.said());
}

#[test]
fn a_variable_that_is_empty_is_not_set() {
    let shim = serve("dump")
        .env("SHIM_TIMEOUT", "")
        .env("RUST_LOG", "")
        .start();
    assert_eq!(timeout(&shim), None);
}

#[test]
fn rust_log_is_respected() {
    let shim = serve("logs").env("RUST_LOG", "warn,shim=info").start();
    shim.post("/", r#"{"tag":"t"}"#).expect_status(200);
    shim.wait_for_message("at warn");
    shim.stop();
    assert!(
        !shim.logs().iter().any(|log| log.says("at info")),
        "{}",
        shim.said()
    );
}

#[test]
fn all_that_is_wrong_on_the_command_line_is_told_at_once() {
    let refused = serve("echo")
        .arg("--timeout", "soon")
        .arg("--max-body", "lots")
        .arg("--concurrency", "0")
        .arg("--host", "example.com")
        .arg("--env", "novalue")
        .arg("--log-level", "loud=very")
        .run();
    refused.expect_code(64);
    for flag in [
        "--timeout",
        "--max-body",
        "--concurrency",
        "--host",
        "--env",
    ] {
        refused.expect_stderr(&format!("error: {flag}: expected "));
    }
    refused
        .expect_stderr("error: --log-level: ")
        .expect_stderr("found `soon`")
        .expect_stderr("such as 500ms, 3s or 2m");
}

#[test]
fn what_is_wrong_elsewhere_is_a_matter_of_configuration() {
    let (_folder, path) = file("grace = \"never\"\ncolour = \"red\"\nport = [1]\nqueue = \"x\"\n");
    let refused = serve("echo")
        .arg("--config", &path)
        .arg("--timeout", "soon")
        .env("SHIM_KEEP_ALIVE", "long")
        .run();
    let shown = path.display();
    refused
        .expect_code(78)
        .expect_stderr("--timeout: ")
        .expect_stderr("SHIM_KEEP_ALIVE: ")
        .expect_stderr(&format!("grace in {shown}: "))
        .expect_stderr(&format!("queue in {shown}: "))
        .expect_stderr(&format!("unknown key colour in {shown}"))
        .expect_stderr("max_body");
}

#[test]
fn a_value_that_is_overruled_is_checked_all_the_same_or_ignored_but_never_taken() {
    let shim = serve("dump")
        .env("SHIM_TIMEOUT", "200s")
        .arg("--timeout", "none")
        .start();
    assert_eq!(timeout(&shim), None);
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    serve("echo")
        .arg("--config", "/nowhere/shim.toml")
        .run()
        .expect_code(78)
        .expect_stderr("cannot read /nowhere/shim.toml");
    let (_folder, path) = file("timeout = \n");
    serve("echo")
        .arg("--config", &path)
        .run()
        .expect_code(78)
        .expect_stderr("is not TOML");
}

#[test]
fn two_different_handlers_are_one_too_many() {
    let mut plugin = behaviours().into_os_string();
    plugin.push("#echo");
    shim()
        .serve(plugin)
        .handler("greet")
        .run()
        .expect_code(64)
        .expect_stderr("two handlers given");
}

#[test]
fn what_is_read_at_the_start_only_is_named_with_both_values() {
    let toml = Toml::new("");
    let write = |lines: &str| {
        let plugin = json!(behaviours());
        toml.write(&format!(
            "{lines}\n[function.known]\nplugin = {plugin}\nhandler = \"dump\"\n"
        ));
    };
    write("grace = \"7s\"\ntimeout = \"9s\"");
    let shim = toml.serve().start();
    let warnings = || {
        let all = shim.logs().into_iter();
        let warnings = all.filter(|log| log.level() == "WARN");
        warnings
            .map(|log| log.message().to_owned())
            .collect::<Vec<_>>()
    };
    // Those of functions are read, and the same text is the same setting.
    write("grace = \"7s\"\ntimeout = \"8s\"\nkeep_alive = \"75s\"");
    shim.reload();
    assert_eq!(warnings(), [""; 0], "{}", shim.said());

    write("grace = \"6s\"\nlog_level = \"debug\"\nspool = \"/nowhere\"\nmax_body = 10");
    let told = "read at the start only, so restart the shim for: spool (not given, now \
                /nowhere), grace (7s, now 6s), max_body (6MiB, now 10), log_level (not given, now \
                debug)";
    for reloads in 1..=2 {
        shim.reload();
        assert_eq!(warnings(), vec![told; reloads], "{}", shim.said());
    }
    write("grace = \"7s\"");
    shim.reload();
    assert_eq!(warnings().len(), 2);
}
