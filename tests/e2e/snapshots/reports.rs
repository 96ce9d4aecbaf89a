//! What the commands report as text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use shim_testkit::{Command, Finished, TempDir, plugin};

use super::{check, told};
use crate::shim;

/// A folder with the plugin of the README, its events, and a lock file.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        let to = folder.path().join("libexample_plugin.so");
        fs::copy(plugin("example-plugin"), &to).unwrap();
        // As a release is: without it, how large the debug information is is told.
        let _ = process::Command::new("strip").arg(to).status();
        fs::create_dir(folder.path().join("events")).unwrap();
        for name in ["order.json", "out-of-stock.json"] {
            let events = concat!(env!("CARGO_MANIFEST_DIR"), "/../example-plugin/events");
            let to = folder.path().join("events").join(name);
            fs::copy(Path::new(events).join(name), to).unwrap();
        }
        folder
    }

    fn path(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    fn shim(&self, words: &str) -> Command {
        shim()
            .command()
            .directory(self.path())
            .words(words.split(' '))
    }

    /// What a command told, all of it.
    #[track_caller]
    fn told(&self, words: &str, code: i32) -> String {
        self.finished(self.shim(words).run().expect_code(code), words)
    }

    /// What it told but for warnings: they depend on how these tests are built.
    #[track_caller]
    fn reported(&self, words: &str) -> String {
        let report = self.shim(words).run().expect_code(0).stdout();
        told(&format!("$ shim {words}\n{report}"), &self.path())
    }

    fn finished(&self, finished: &Finished, words: &str) -> String {
        let (mut output, errors) = (finished.stdout(), finished.stderr());
        if !output.is_empty() && !output.ends_with('\n') {
            output.push_str(" (no end of line)\n");
        }
        let between = match errors.is_empty() {
            true => "",
            false => "--- standard error\n",
        };
        let text = format!("$ shim {words}\n{output}{between}{errors}");
        told(&text, &self.path())
    }
}

/// Without what this machine's compiler and system decide.
fn without(text: &str, starts: &[&str]) -> String {
    let lines = text.lines().map(|line| {
        let start = starts.iter().find(|start| line.starts_with(**start));
        start.map_or_else(|| line.to_owned(), |start| format!("{start} …"))
    });
    let mut lines: Vec<_> = lines.collect();
    lines.dedup();
    lines.join("\n") + "\n"
}

#[test]
fn inspect_tells_what_a_plugin_is() {
    let folder = Folder::new();
    let text = folder.told("inspect libexample_plugin.so", 0);
    check(
        "inspect",
        &without(&text, &["compiler", "glibc", "libraries", "symbols"]),
    );
}

#[test]
fn package_tells_what_is_in_the_zip_and_what_is_next() {
    let folder = Folder::new();
    let text = folder.reported("package --plugin libexample_plugin.so --handler quote");
    check("package", &text);
    let text = folder.told("package --plugin libexample_plugin.so --handler nobody", 65);
    check("package-refused", &text);
}

#[test]
fn image_tells_its_layers_and_what_is_next() {
    let folder = Folder::new();
    let text = folder.reported("image --plugin libexample_plugin.so --handler quote");
    let system = ["/lib", "/usr/lib", "/etc/ssl"];
    check("image", &without(&text, &system));
}

#[test]
fn verify_tells_what_agrees() {
    let folder = Folder::new();
    let words = "verify --plugin libexample_plugin.so --handler quote --events events";
    check("verify", &folder.told(words, 0));
}

#[test]
fn invoke_tells_answers_and_errors() {
    let folder = Folder::new();
    let served = shim().serve(folder.path().join("libexample_plugin.so"));
    let served = served.handler("quote").start();
    let endpoint = format!("http://{}", served.address());
    let invoke = |words: &str, code: i32| {
        let finished = folder
            .shim(words)
            .env("AWS_ENDPOINT_URL_LAMBDA", &endpoint)
            .run();
        let text = folder.finished(finished.expect_code(code), words);
        text.replace(&endpoint, "http://127.0.0.1:8080") + "\n"
    };
    let text = [
        invoke("invoke quote --data-file events/order.json", 0),
        invoke("invoke quote --data-file events/out-of-stock.json", 1),
        invoke("invoke quote --data-file events/order.json --tail", 0),
        invoke("invoke quote --data-file events/order.json --type event", 0),
        invoke("invoke quote --type dry-run", 0),
        invoke("invoke nobody", 69),
        invoke("invoke quote --data {", 65),
    ];
    check("invoke", &text.concat());
    // The histogram is as long as the calls differ.
    let repeated = invoke("invoke quote --data-file events/order.json --repeat 20", 0);
    let head: Vec<_> = repeated.lines().take(8).collect();
    check("invoke-repeat", &(head.join("\n") + "\n"));
    check("invoke-examples", &invoke("invoke --list-examples", 0));
}

#[test]
fn new_tells_what_it_made() {
    let folder = Folder::new();
    let mut text = String::new();
    for words in [
        "new hello",
        "new site --http --lifecycle",
        "new on-upload --event s3 --dir fn/up",
    ] {
        text += &(folder.told(words, 0) + "\n");
    }
    text += &folder.told("new hello", 64);
    check("new", &text);
}
