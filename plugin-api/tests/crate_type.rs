//! A crate with handlers that is not built as a `cdylib` is told so.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PHRASE: &str = "a crate with handlers must be built as a `cdylib`";

const LIBRARY: &str = "#[plugin_api::handler]\npub fn hello() {}\n";
const PROGRAM: &str = "#[plugin_api::handler]\nfn hello() {}\n\nfn main() {}\n";

/// A crate, what stands behind its `[package]`, its code, and whether it is a plugin.
const CASES: &[(&str, &str, &str, &str, bool)] = &[
    (
        "as-documented",
        "[lib]\ncrate-type = [\"cdylib\"]",
        "lib",
        LIBRARY,
        true,
    ),
    (
        "several-lines",
        "[lib]\nname = \"other_name\"\ncrate-type = [\n    \"rlib\", # for tests\n    \"cdylib\",\n]",
        "lib",
        LIBRARY,
        true,
    ),
    ("no-lib-table", "", "lib", LIBRARY, false),
    (
        "only-in-a-comment",
        "[lib]\ncrate-type = [\"rlib\"] # or cdylib?",
        "lib",
        LIBRARY,
        false,
    ),
    ("a-program", "", "main", PROGRAM, false),
];

#[test]
fn a_crate_with_handlers_is_a_cdylib() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    make_workspace(folder);
    for (name, _, _, _, is_plugin) in CASES {
        let (succeeded, text) = cargo(folder, &["check", "-p", name]);
        assert_eq!(succeeded, *is_plugin, "{name}: {text}");
        assert_eq!(text.contains(PHRASE), !is_plugin, "{name}: {text}");
    }
    // Asked for on the command line, it need not stand in the manifest.
    let (succeeded, text) = cargo(
        folder,
        &[
            "rustc",
            "--profile",
            "check",
            "-p",
            "no-lib-table",
            "--crate-type",
            "cdylib",
        ],
    );
    assert!(succeeded, "{text}");
}

/// A workspace of an author's, whose members inherit what can be inherited.
fn make_workspace(folder: &Path) {
    let plugin_api = Path::new(env!("CARGO_MANIFEST_DIR"));
    let members: Vec<_> = CASES.iter().map(|case| case.0).collect();
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n\
         [workspace.package]\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [workspace.dependencies]\nplugin-api = {{ path = {plugin_api:?} }}\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    // The versions that are here already.
    fs::copy(plugin_api.join("../Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    for (name, lib, file, code, _) in CASES {
        let package = folder.join(name);
        fs::create_dir_all(package.join("src")).unwrap();
        let manifest = format!(
            "[package]\nname = {name:?}\nversion.workspace = true\nedition.workspace = true\n\n\
             {lib}\n\n[dependencies]\nplugin-api.workspace = true\n"
        );
        fs::write(package.join("Cargo.toml"), manifest).unwrap();
        fs::write(package.join(format!("src/{file}.rs")), code).unwrap();
    }
}

fn cargo(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("crate-type");
    let done = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--color", "never"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    (
        done.status.success(),
        String::from_utf8_lossy(&done.stderr).into_owned(),
    )
}
