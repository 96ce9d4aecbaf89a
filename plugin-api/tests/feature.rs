//! What needs a feature says so where the feature is off.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn a_service_without_the_feature_is_told_which_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let plugin_api = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = format!(
        "[workspace]\n\n[package]\nname = \"no-tower\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\n\n\
         [dependencies]\nplugin-api = {{ path = {plugin_api:?} }}\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    // The versions that are here already.
    fs::copy(plugin_api.join("../Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    fs::create_dir(folder.join("src")).unwrap();
    let code = "#[plugin_api::handler(service)]\npub fn shop() {}\n";
    fs::write(folder.join("src/lib.rs"), code).unwrap();

    let done = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--color", "never"])
        .current_dir(folder)
        .env(
            "CARGO_TARGET_DIR",
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("feature"),
        )
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stderr);
    assert!(!done.status.success(), "{text}");
    for line in [
        "`service` needs the feature `tower` of plugin-api",
        "help: cargo add plugin-api --features tower",
    ] {
        assert!(text.contains(line), "{text}");
    }
}
