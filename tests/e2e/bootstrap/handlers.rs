//! Which handler it is: `_HANDLER`, and the files in the task root.

use std::fs;

use shim_testkit::plugin;

use super::{bare, handler, with_behaviours};
use crate::{behaviours, shim};

fn example() -> std::path::PathBuf {
    plugin("example-plugin")
}

const ORDER: &str = r#"{"items":{"coffee":2}}"#;

#[test]
fn every_handler_of_a_plugin_is_reached_by_its_name() {
    let inspected = shim()
        .command()
        .word("inspect")
        .arg("--output", "json")
        .word(behaviours())
        .run();
    let described = inspected.expect_code(0).json();
    let names = described["handlers"].as_array().unwrap();
    let names = names
        .iter()
        .map(|handler| handler["name"].as_str().unwrap());
    let names: Vec<_> = names.filter(|name| !name.starts_with("init_")).collect();
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        let function = handler(name).start();
        if name != "start_fails" {
            function.wait_for_idle(1);
        }
    }
}

#[test]
fn a_file_may_have_the_prefix_of_libraries() {
    let function = bare()
        .file("libshop.so", &example())
        .handler("shop.quote")
        .start();
    assert!(function.invoke(ORDER).json()["total"].is_u64());
}

#[test]
fn the_name_itself_comes_before_the_one_with_the_prefix() {
    let function = bare()
        .file("shop.so", &example())
        .text_file("libshop.so", "not a plugin")
        .handler("shop.quote")
        .start();
    assert!(function.invoke(ORDER).json()["total"].is_u64());
}

#[test]
fn a_file_in_a_folder_is_found() {
    let lambda = bare().handler("plugins/shop.quote");
    fs::create_dir(lambda.root().join("plugins")).unwrap();
    let function = lambda.file("plugins/shop.so", &example()).start();
    assert!(function.invoke(ORDER).json()["total"].is_u64());
}

#[test]
fn the_only_plugin_is_found_by_itself() {
    // The example has a handler called `handler`, for requests.
    for name in ["bootstrap", "handler", "hello", "bootstrap.handler"] {
        let lambda = bare()
            .file("libexample_plugin.so", &example())
            .text_file("bootstrap", "#!/bin/sh\n")
            .text_file("README.md", "read me")
            .handler(name);
        lambda.start().wait_for_idle(1);
    }
    // Without `_HANDLER`, too.
    bare().file("x.so", &example()).start().wait_for_idle(1);
}

#[test]
fn the_only_plugin_has_the_handler_named_after_the_dot() {
    let function = bare()
        .file("libexample_plugin.so", &example())
        .handler("bootstrap.quote")
        .start();
    assert!(function.invoke(ORDER).json()["total"].is_u64());
}

#[test]
fn libraries_that_are_no_plugins_do_not_count() {
    let lambda = bare().file("libexample_plugin.so", &example());
    let libc = fs::read_to_string("/proc/self/maps").unwrap();
    let libc = libc
        .lines()
        .filter_map(|line| line.split_whitespace().last());
    let libc = libc
        .into_iter()
        .find(|path| path.contains("/libc.so"))
        .unwrap();
    let function = lambda
        .file("libother.so", libc.as_ref())
        .handler("bootstrap.quote")
        .start();
    assert!(function.invoke(ORDER).json()["total"].is_u64());
}

#[test]
fn a_plugin_that_is_a_link_is_one() {
    let lambda = with_behaviours().handler("linked.echo");
    let root = lambda.root().to_owned();
    std::os::unix::fs::symlink(root.join("behaviours.so"), root.join("linked.so")).unwrap();
    lambda.start().invoke("1").expect_response("1");
}
