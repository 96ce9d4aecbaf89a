//! Good plugins, of which the wrong thing is asked, or which fail when they begin.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{BAD, Folder};
use crate::builds::Build;

/// A copy of the probe, which has the handlers `counter`, `echo` and `probe`.
fn plugin(folder: &Folder) -> PathBuf {
    let built = Build::current("current").plugin();
    folder.put("x.so", std::fs::read(built).expect("a plugin"))
}

#[test]
fn no_handler_of_that_name() {
    let folder = Folder::new();
    let plugin = plugin(&folder);
    let message = "/dir/x.so has no handler named `nope`; it has: counter, echo, probe";
    let hint = "name one of them: `--plugin '/dir/x.so#counter'` or `--handler 'counter'`";
    let serve = ["--port", "0", "--handler", "nope", "--plugin"];
    folder.refuses_with(&serve, &plugin, message, hint);
    let named = PathBuf::from(format!("{}#nope", plugin.display()));
    folder.refuses_with(&["--port", "0", "--plugin"], &named, message, hint);
}

#[test]
fn several_handlers_and_none_named() {
    let folder = Folder::new();
    folder.refuses_with(
        &["--port", "0", "--plugin"],
        &plugin(&folder),
        "/dir/x.so has several handlers and none was named: counter, echo, probe",
        "name one of them: `--plugin '/dir/x.so#counter'` or `--handler 'counter'`",
    );
}

#[test]
fn init_fails() {
    let folder = Folder::new();
    let plugin = plugin(&folder);
    let serve = |step| {
        [
            "--port",
            "0",
            "--handler",
            "counter",
            "--env",
            step,
            "--plugin",
        ]
    };
    folder.refuses_with(
        &serve("STEP=abc"),
        &plugin,
        "init of handler `counter` in /dir/x.so failed: ParseIntError: invalid digit found in string",
        "",
    );
    let (code, said) = folder.outcome(&serve("STEP=panic"), &plugin);
    let start =
        "error: init of handler `counter` in /dir/x.so panicked: asked to panic in init at ";
    assert!(said.starts_with(start), "{said}");
    assert!(said.contains("src/lib.rs:"), "{said}");
    assert_eq!((code, said.lines().count()), (BAD, 1), "{said}");
}

#[test]
fn init_hangs() {
    let folder = Folder::new();
    let plugin = plugin(&folder);
    let begun = Instant::now();
    folder.refuses_with(
        &[
            "--port",
            "0",
            "--handler",
            "counter",
            "--env",
            "STEP=hang",
            "--plugin",
        ],
        &plugin,
        "init of handler `counter` in /dir/x.so did not return within 10s",
        "init must not wait for what may never come; give its calls time limits",
    );
    let took = begun.elapsed();
    assert!(
        took > Duration::from_secs(9) && took < Duration::from_secs(20),
        "{took:?}"
    );
}
