//! `shim doctor`: in environments made for it.

use std::fs;
use std::path::PathBuf;

use shim_testkit::{Command, TempDir, Value, json, plugin};

use crate::shim;

/// A folder, with programs in `bin`, and what a command in it sees.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(TempDir::new().unwrap());
        for folder in ["bin", "home", "tmp"] {
            fs::create_dir(place.path(folder)).unwrap();
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// A program that is these lines of a shell. Written by another process: what this one writes
    /// cannot be run while a child of another test has it open, too.
    fn program(&self, name: &str, lines: &str) {
        self.put("program", &format!("#!/bin/sh\n{lines}\n"));
        let mut install = std::process::Command::new("install");
        install.args(["-m", "755"]).arg(self.path("program"));
        let status = install.arg(self.path("bin").join(name)).status();
        assert!(status.unwrap().success());
    }

    /// All that is needed to build.
    fn healthy() -> Self {
        let place = Self::new();
        place.program("cargo", "echo 'cargo 1.95.0 (abc 2026-04-01)'");
        place.program(
            "rustc",
            "case $1 in --version) echo 'rustc 1.95.0 (abc 2026-04-01)';; *) pwd;; esac",
        );
        place.program(
            "cc",
            "case $1 in --version) echo 'gcc 14.2.0';; *) echo /lib/crt1.o;; esac",
        );
        place.program("cargo-zigbuild", "echo 'cargo-zigbuild 0.20.1'");
        place.program("zig", "");
        place
    }

    fn doctor(&self, words: &[&str]) -> Command {
        let command = shim().command().word("doctor").words(words);
        command
            .env("PATH", self.path("bin"))
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .directory(self.path(""))
    }

    /// Standard output with this folder as `/dir`.
    fn text(&self, said: &str) -> String {
        said.replace(self.path("").to_str().unwrap(), "/dir/")
    }
}

fn names(place: &Place) -> Vec<String> {
    let list = place.doctor(&["--list"]).run();
    let lines = list.expect_code(0).stdout();
    let names = lines.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn each_check_is_told_in_its_order() {
    let place = Place::healthy();
    let found = place.doctor(&[]).run();
    let text = found.stdout();
    let lines = text.lines().filter(|line| !line.starts_with(' '));
    let mut told: Vec<_> = lines
        .filter_map(|line| line.split_whitespace().nth(1).map(str::to_owned))
        .collect();
    // The last line counts.
    told.pop();
    told.dedup();
    assert_eq!(told, names(&place), "{text}");
    assert!(!text.contains('\x1b'), "colours where there is no terminal");
    assert!(found.stderr().is_empty(), "{}", found.stderr());
    for line in text.lines().take_while(|line| !line.is_empty()) {
        let starts = ["ok    ", "warn  ", "fail  ", "                 fix: "];
        assert!(
            starts.iter().any(|start| line.starts_with(start)),
            "{line:?}"
        );
    }
}

#[test]
fn what_is_well_is_told_in_a_line_each() {
    let place = Place::healthy();
    let found = place
        .doctor(&["--only", "rust,linker", "--only", "cross"])
        .run();
    let text = "\
ok    rust       rustc 1.95.0, cargo 1.95.0 (/dir/bin/cargo)
ok    linker     gcc 14.2.0 (/dir/bin/cc)
ok    cross      cargo-zigbuild 0.20.1 with zig (/dir/bin/cargo-zigbuild)

nothing here will bite
";
    assert_eq!(place.text(&found.expect_code(0).stdout()), text);
}

#[test]
fn what_is_missing_is_told_with_its_fix() {
    let place = Place::new();
    place.program("apt-get", "");
    let found = place.doctor(&["--only", "cross,rust,linker"]).run();
    let text = "\
fail  rust       cargo is not on the path: `shim new`, `shim build` and `shim dev` need it
                 fix: `curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh` installs Rust
fail  linker     there is no C compiler (`cc`), with which rustc links
                 fix: `sudo apt-get install build-essential`
warn  cross      cargo-zigbuild is not installed: `shim build` needs it for --arch of another \
processor, and for a --target-os older than this one
                 fix: `pip install cargo-zigbuild ziglang`

2 failures, 1 warning
";
    assert_eq!(place.text(&found.expect_code(1).stdout()), text);
    place.doctor(&["--only", "cross"]).run().expect_code(0);
}

#[test]
fn json_has_the_same() {
    let place = Place::healthy();
    place.program("rustc", "echo 'rustc 1.60.0 (abc 2022-04-01)'");
    place.program("rustup", "");
    let found = place
        .doctor(&["--output", "json", "--only", "rust,linker"])
        .run();
    let found = found.expect_code(1).json();
    let message =
        "rustc 1.60.0, cargo 1.95.0 (/dir/bin/cargo): plugin-api needs Rust 1.90 or newer";
    let rust = json!({
        "name": "rust",
        "verdict": "fail",
        "message": message,
        "fix": "`rustup update stable`",
    });
    let told: Value = place.text(&found["checks"][0].to_string()).parse().unwrap();
    assert_eq!(told, rust);
    assert_eq!(found["checks"][1]["verdict"], "ok");
    assert_eq!(found["checks"][1].get("fix"), None);
    assert_eq!([&found["ok"], &found["warn"], &found["fail"]], [1, 0, 1]);
    let list = place.doctor(&["--list", "--output", "json"]).run().json();
    assert_eq!(list[0]["name"], "rust");
    assert!(list[0]["about"].as_str().unwrap().contains("rustc"));
}

#[test]
fn a_name_that_is_no_check_is_wrong_usage() {
    let place = Place::new();
    let wrong = place.doctor(&["--only", "ruts"]).run();
    wrong
        .expect_code(64)
        .expect_stderr("linker")
        .expect_stderr("'rust'");
    place
        .doctor(&["--list", "--only", "rust"])
        .run()
        .expect_code(64);
}

#[test]
fn variables_and_the_file_are_judged_as_serve_judges_them() {
    let place = Place::new();
    let only = ["--only", "variables,config,proxy,aws"];
    place
        .doctor(&only)
        .run()
        .expect_code(0)
        .expect_stdout("nothing here will bite");
    let plugin = json!(plugin("example-plugin"));
    place.put(
        "shim.toml",
        &format!("[function.quote]\nplugin = {plugin}\nhandler = \"quote\"\n"),
    );
    let found = place.doctor(&only).env("SHIM_GRACE", "5s").run();
    found
        .expect_code(0)
        .expect_stdout("SHIM_GRACE: known, and right")
        .expect_stdout("shim.toml can be served");
    place.put("shim.toml", "[function.quote]\nplugin = \"libquote.so\"\n");
    let found = place
        .doctor(&only)
        .env("SHIM_TIMEOUT", "soon")
        .env("SHIM_TIMOUT", "3s")
        .env("http_proxy", "http://proxy:3128")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .run();
    found
        .expect_code(1)
        .expect_stdout("warn  variables  SHIM_TIMOUT is not known, and has no effect\n")
        .expect_stdout("fix: is it SHIM_TIMEOUT? `unset SHIM_TIMOUT`\n")
        .expect_stdout("fail  variables  SHIM_TIMEOUT: ")
        .expect_stdout("fail  config     ")
        .expect_stdout("libquote.so")
        .expect_stdout(
            "fail  aws        AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not",
        )
        .expect_stdout("fix: `export no_proxy=localhost,127.0.0.1 NO_PROXY=localhost,127.0.0.1`\n")
        .expect_stdout("\n3 failures, 2 warnings\n");
    // What it says is what `shim serve` says.
    let served = shim()
        .command()
        .arg("--plugin", "x.so")
        .env("SHIM_TIMEOUT", "soon")
        .run();
    let said = served.stderr();
    let line = said
        .lines()
        .next()
        .unwrap()
        .trim_start_matches("error: ")
        .to_owned();
    found.expect_stdout(&line);
}

#[test]
fn a_port_that_is_taken_is_told_with_who_has_it() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let found = place
        .doctor(&["--only", "ports"])
        .env("SHIM_PORT", port.to_string())
        .run();
    let id = std::process::id();
    found
        .expect_code(0)
        .expect_stdout(&format!("port {port}, of `shim serve`, is taken by "))
        .expect_stdout(&format!("(process {id})"))
        .expect_stdout("choose another one: `shim --port ");
}

#[test]
fn the_page_has_every_check() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/doctor.md");
    let page = fs::read_to_string(page).unwrap();
    let rows = page
        .lines()
        .skip_while(|line| !line.starts_with("| check |"));
    let rows = rows
        .skip(2)
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let rows: Vec<_> = rows.map(str::to_owned).collect();
    let place = Place::healthy();
    assert_eq!(rows, names(&place));
    // Its example, as far as machines are alike.
    assert!(page.contains("$ shim doctor --only rust,glibc,ports\n"));
    let found = place.doctor(&["--only", "rust,glibc,ports"]).run();
    let line = "ok    rust       rustc 1.95.0, cargo 1.95.0 (/";
    assert!(page.contains(line));
    found.expect_code(0).expect_stdout(line);
}
