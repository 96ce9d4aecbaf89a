//! Every crate that `shim new` makes.

use shim_testkit::{Value, json};

use super::{Ground, quiet, repository, run, said, target};

/// The kinds of `--event`.
const EVENTS: &[&str] = &[
    "alb",
    "apigw-v1",
    "apigw-v2",
    "cloudwatch-events",
    "cloudwatch-logs",
    "dynamodb",
    "eventbridge",
    "kinesis",
    "s3",
    "sns",
    "sqs",
];

#[test]
fn every_template_compiles_passes_its_tests_and_is_served() {
    let ground = Ground::workspace();
    let mut names: Vec<_> = EVENTS.iter().map(|kind| format!("on-{kind}")).collect();
    for (kind, name) in EVENTS.iter().zip(&names) {
        ground.make(name, &["--event", kind]);
    }
    for (name, words) in [
        ("hello", &["--lifecycle"][..]),
        ("greet", &[]),
        ("site", &["--http"]),
        ("counter", &["--http", "--lifecycle"]),
        ("queue", &["--event", "sqs", "--lifecycle"]),
        ("door", &["--event", "apigw-v2", "--lifecycle"]),
    ] {
        ground.make(name, words);
        names.push(name.to_owned());
    }
    let formatted = run(&mut ground.cargo(&["fmt", "--all", "--check"]));
    assert!(formatted.status.success(), "{}", said(&formatted));
    let tested = run(&mut ground.cargo(&["test", "--workspace"]));
    assert!(tested.status.success(), "{}", said(&tested));
    assert!(!said(&tested).contains("warning:"), "{}", said(&tested));

    let words = ["--dev", "--output-dir", "plugins", "--output", "json"];
    let built = run(&mut ground.shim("build", &words));
    assert!(built.status.success(), "{}", said(&built));
    let report: Value = serde_json::from_slice(&built.stdout).unwrap();
    assert_eq!(report["failed"], json!([]));
    let plugins = report["plugins"].as_array().unwrap();
    assert_eq!(plugins.len(), names.len(), "{report}");
    for plugin in plugins {
        let file = ground.path(plugin["file"].as_str().unwrap());
        let shim = crate::shim().serve(file).start();
        let name = plugin["name"].as_str().unwrap();
        assert_eq!(plugin["handlers"][0]["name"], "handler");
        if plugin["handlers"][0]["event"] == "http" {
            let reply = shim.post("/greet", r#"{"name":"you"}"#);
            reply.expect_status(200);
            assert!(reply.text().contains("Hello, you!"), "{}", reply.text());
            continue;
        }
        let folder = ground.path(name).join("events");
        let sample = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
        let event = std::fs::read_to_string(sample.path()).unwrap();
        shim.post("/", event).expect_status(200);
    }
}

#[test]
fn a_crate_by_itself_goes_the_way_that_its_readme_says() {
    let ground = Ground::new();
    ground.make("hello", &[]);
    let folder = ground.path("hello");
    std::fs::copy(repository().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    // Its own `target`, with dependencies that are built already.
    std::os::unix::fs::symlink(target(), folder.join("target")).unwrap();
    let mut build = quiet(env!("CARGO_BIN_EXE_shim").as_ref());
    build
        .envs([
            ("CARGO_PROFILE_RELEASE_LTO", "off"),
            ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
            ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
        ])
        .env_remove("CARGO_TARGET_DIR")
        .arg("build")
        .current_dir(&folder);
    let built = run(&mut build);
    assert!(built.status.success(), "{}", said(&built));
    let text = String::from_utf8_lossy(&built.stdout).into_owned();
    let size = text.lines().find(|line| line.starts_with("size")).unwrap();
    assert_eq!(
        text.replace(size, "size [SIZE]"),
        "plugin     hello 0.1.0\n\
         file       target/release/libhello.so\n\
         size [SIZE]\n\
         handlers   handler (json)\n\n\
         # serve it\n\
         shim --plugin target/release/libhello.so\n"
    );
    let command = crate::shim().command().directory(&folder);
    let shim = command
        .arg("--config", "shim.toml")
        .arg("--port", "0")
        .start();
    let event = std::fs::read(folder.join("events/greeting.json")).unwrap();
    shim.post("/", event)
        .expect_status(200)
        .expect_body(r#"{"text":"Hello, you!"}"#);
}
