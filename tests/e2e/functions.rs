//! Many functions in one process, and what can be wrong with them.

use std::path::Path;

use shim_testkit::{Shim, json};

use crate::{Gate, Toml, behaviours, serve_as, shim};

fn plugin(name: &str, handler: &str) -> String {
    format!("{name}={}#{handler}", behaviours().display())
}

#[track_caller]
fn expect_served(shim: &Shim, name: &str, event: &str, response: &str) {
    let answered = shim.invoke(name).body(event).send();
    answered.expect_success().expect_body(response);
}

#[test]
fn plugins_may_repeat_with_names_and_handlers() {
    let shim = serve_as("greeter", "greet")
        .arg("--plugin", plugin("twice", "double"))
        .arg("--plugin", format!("{}#nothing", behaviours().display()))
        .start();
    expect_served(
        &shim,
        "greeter",
        r#"{"name":"you"}"#,
        r#"{"text":"Hello, you!"}"#,
    );
    expect_served(&shim, "twice", "21", "42");
    expect_served(&shim, "nothing", "", "null");
    for handler in ["greet", "double", "function"] {
        shim.invoke(handler).send().expect_status(404);
    }
    // No request leads to one of several without routes.
    shim.post("/", "{}").expect_status(404);
}

#[test]
fn a_folder_is_served_with_all_handlers() {
    let folder = shim_testkit::TempDir::new().unwrap();
    let example = shim_testkit::plugin("example-plugin");
    std::fs::copy(&example, folder.path().join("any.so")).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no plugin").unwrap();
    std::fs::write(folder.path().join(".hidden.so"), "no plugin").unwrap();
    let shim = shim()
        .command()
        .arg("--plugin-dir", folder.path())
        .arg("--port", "0")
        .start();
    let line = shim.wait_for_log("it is served", |log| log.message().starts_with("serving"));
    let names: Vec<_> = line.text("function").split(", ").collect();
    assert!(!names.is_empty());
    for name in names {
        let dry = shim.invoke(name).kind("DryRun").send();
        dry.expect_status(204);
    }
}

#[test]
fn a_folder_without_plugins_is_refused() {
    let folder = shim_testkit::TempDir::new().unwrap();
    let refused = |path: &Path| shim().command().arg("--plugin-dir", path).run();
    refused(folder.path())
        .expect_code(78)
        .expect_stderr("there is no plugin (*.so) in");
    refused(&folder.path().join("absent"))
        .expect_code(78)
        .expect_stderr("cannot read the folder");
}

#[test]
fn each_table_has_settings_of_its_own() {
    let toml = Toml::of(&[
        (
            "red",
            "dump",
            "timeout = \"100s\"\nmemory_mb = 256\n[function.red.env]\nCOLOUR = \"red\"\n",
        ),
        ("blue", "dump", "env = { COLOUR = \"blue\" }\n"),
    ]);
    let shim = toml.serve().start();
    let red = shim.invoke("red").send().expect_success().json();
    assert_eq!(
        (&red["COLOUR"], &red["memory_limit_mb"]),
        (&json!("red"), &json!(256))
    );
    assert!(red["remaining_ms"].as_u64().unwrap() > 60_000, "{red}");
    let blue = shim.invoke("blue").send().expect_success().json();
    assert_eq!(blue["COLOUR"], "blue");
    assert_eq!(blue["memory_limit_mb"], json!(null));
    assert_eq!(blue["remaining_ms"], json!(null));
}

#[test]
fn what_stands_before_the_tables_holds_for_all() {
    let toml = Toml::new("");
    let plugin = json!(behaviours());
    toml.write(&format!(
        "timeout = \"100s\"\nenv = {{ COLOUR = \"grey\" }}\n\
         [function.one]\nplugin = {plugin}\nhandler = \"dump\"\n\
         [function.two]\nplugin = {plugin}\nhandler = \"dump\"\ntimeout = \"300s\"\n"
    ));
    let shim = toml.serve().start();
    for (name, least) in [("one", 60_000), ("two", 200_000)] {
        let known = shim.invoke(name).send().expect_success().json();
        assert_eq!(known["COLOUR"], "grey");
        let left = known["remaining_ms"].as_u64().unwrap();
        assert!((least..=least + 100_000).contains(&left), "{name}: {left}");
    }
}

#[test]
fn a_full_function_does_not_keep_others_out() {
    let gate = Gate::new();
    let toml = Toml::of(&[
        ("narrow", "instances", "concurrency = 1\nqueue = 0\n"),
        ("wide", "instances", ""),
    ]);
    let shim = toml.serve().start();
    let mut running = shim.invoke("narrow").body(gate.event()).begin();
    shim.wait_for_message("running");
    shim.invoke("narrow").send().expect_status(429);
    shim.invoke("wide").send().expect_success();
    gate.open();
    running.response().expect_success();
}

#[test]
fn a_table_says_more_of_a_function_on_the_command_line() {
    let toml = Toml::new("[function.orders]\nversion = \"3\"\nenv = { COLOUR = \"red\" }\n");
    let shim = serve_as("orders", "dump")
        .arg("--config", toml.path("shim.toml"))
        .start();
    let known = shim.invoke("orders:3").send();
    assert_eq!(known.expect_success().json()["COLOUR"], "red");
}

#[test]
fn a_name_stands_for_one_function() {
    let twice = serve_as("orders", "echo").arg("--plugin", plugin("orders", "greet"));
    twice
        .run()
        .expect_code(64)
        .expect_stderr("two functions are called `orders`");
    // Their names are those of their handlers, which only the plugin knows.
    let unnamed = format!("{}#echo", behaviours().display());
    shim()
        .serve(&unnamed)
        .arg("--plugin", &unnamed)
        .run()
        .expect_code(78)
        .expect_stderr("two functions are called `echo`; name them");
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let toml = Toml::new(
        "color = 1\n[function.a]\ntimeout = \"soon\"\n[function.\"b c\"]\nplugin = \"x.so\"\n\
         [function.d]\nplugin = \"x.so\"\nversion = \"new\"\naliases = [\"7\"]\n\
         routes = [\"GET orders\"]\nport = 80\n",
    );
    let refused = toml.serve().arg("--region", "Mars").run();
    for text in [
        "unknown key color",
        "function.a has no plugin",
        "a function's name is up to 64 letters",
        "expected a number or $LATEST, found `new`",
        "an alias is up to 128 letters",
        "expected a region such as us-east-1, found `Mars`",
        "function.d.port",
        "function.d.routes",
    ] {
        refused.expect_stderr(text);
    }
    refused.expect_code(78);
}

#[test]
fn routes_may_not_lead_to_two_functions() {
    let route = "routes = [\"GET /orders/{id}\"]\n";
    let other = "routes = [\"GET /orders/{number}\"]\n";
    let toml = Toml::of(&[("a", "mirror", route), ("b", "mirror", other)]);
    let refused = toml.serve().run();
    refused.expect_code(78).expect_stderr("wrong routes");
}
