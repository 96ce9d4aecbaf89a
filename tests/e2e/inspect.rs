//! `shim inspect`: what a file is.

use shim_testkit::{Finished, TempDir, plugin};

use crate::{behaviours, shim};

fn inspect(path: &std::path::Path, words: &[&str]) -> Finished {
    shim()
        .command()
        .word("inspect")
        .word(path)
        .words(words)
        .run()
}

#[test]
fn json_has_all_that_is_known() {
    let path = behaviours().canonicalize().unwrap();
    let found = inspect(&path, &["--output", "json"]);
    let found = found.expect_code(0).json();
    assert_eq!(found["path"], path.to_str().unwrap());
    assert_eq!(found["size"], path.metadata().unwrap().len());
    assert_eq!(found["machine"], std::env::consts::ARCH);
    assert_eq!(found["package"]["name"], "fixture-behaviours");
    assert_eq!(found["panic"], "unwind");
    assert_eq!(found["info"]["team"], "tests");
    assert!(found["abi"].as_str().unwrap().starts_with("1."), "{found}");
    assert!(
        found["compiler"].as_str().unwrap().contains("rustc"),
        "{found}"
    );
    assert!(!found["glibc"].is_null(), "{found}");
    let needed = found["needed"].as_array().unwrap();
    assert!(needed.contains(&"libc.so.6".into()), "{found}");
    let handler = |name: &str| {
        let handlers = found["handlers"].as_array().unwrap();
        let found = handlers.iter().find(|handler| handler["name"] == name);
        found
            .unwrap_or_else(|| panic!("no {name} in {handlers:#?}"))
            .clone()
    };
    for (name, event, lifecycle, is_async) in [
        ("echo", "bytes", false, false),
        ("greet", "json", false, true),
        ("mirror", "http", false, true),
        ("holds_plain", "http", false, false),
        ("instances", "json", true, true),
    ] {
        let handler = handler(name);
        assert_eq!(handler["event"], event, "{handler}");
        assert_eq!(handler["lifecycle"], lifecycle, "{handler}");
        assert_eq!(handler["async"], is_async, "{handler}");
        assert_eq!(handler.get("errors"), None, "{handler}");
    }
    let errors = &handler("order")["errors"];
    assert_eq!(errors.to_string(), r#"["NotFound","Orders.Closed"]"#);
}

#[test]
fn text_is_there_for_people() {
    let found = inspect(&plugin("example-plugin"), &[]);
    found.expect_code(0);
    for line in [
        "plugin ",
        "file ",
        "abi ",
        "compiler ",
        "glibc ",
        "libraries ",
        "panic ",
    ] {
        let there = found.stdout().lines().any(|found| found.starts_with(line));
        assert!(there, "no line {line:?}\n{}", found.stdout());
    }
    let declares = inspect(&behaviours(), &[]);
    declares.expect_stdout("  errors: NotFound, Orders.Closed\n");
    found
        .expect_stdout("handler (http, async): The shop over HTTP")
        .expect_stdout("quote (json, async, with instances): Prices an order");
}

#[test]
fn what_is_no_plugin_is_told() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("plugin.so");
    std::fs::write(&text, "not a plugin\n").unwrap();
    for path in [text.as_path(), &folder.path().join("missing.so")] {
        let found = inspect(path, &["--output", "json"]);
        found.expect_code(65).expect_stderr(path.to_str().unwrap());
        assert!(found.stdout().is_empty());
    }
}

/// What a file says of itself is read, not run.
#[test]
fn nothing_of_the_plugin_runs() {
    let found = inspect(&behaviours(), &[]);
    found.expect_code(0).expect_stdout("init_hangs");
    assert!(found.stderr().is_empty(), "{}", found.stderr());
}
