//! Writes the sources of what is built: the probe's package, and copies of this repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use toml::{Table, Value};

use super::variants::Variant;
use crate::repository;

/// The members of a copy that plugins need.
const API: [&str; 3] = ["plugin-api", "plugin-api/abi", "plugin-api/macros"];

/// Held while files are written: tests that run at once may want the same.
static WRITING: Mutex<()> = Mutex::new(());

/// The package of a probe: its folder.
pub(super) fn probe(package: &str, sources: &Path, plugin_api: &Path) -> PathBuf {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = super::directory().join(package);
    let manifest = format!(
        r#"[workspace]

[package]
name = "{package}"
version = "1.2.3"
description = "The probe of the ABI tests"
edition = "2024"

[lib]
crate-type = ["cdylib"]

[features]
mimalloc = ["dep:mimalloc"]
checked = []

[dependencies]
plugin-api = {{ path = "{}" }}
log = "0.4"
mimalloc = {{ version = "0.1", optional = true }}
serde = {{ version = "1", features = ["derive"] }}
serde_json = "1"
tokio = {{ version = "1", features = ["rt-multi-thread", "time"] }}
tracing = {{ version = "0.1", default-features = false, features = ["std"] }}
"#,
        plugin_api.display()
    );
    write(&directory.join("Cargo.toml"), &manifest);
    copy_lock(&directory);
    for file in repository::files(sources, ".rs") {
        let name = file.file_name().expect("a file has a name");
        write(&directory.join("src").join(name), &repository::read(&file));
    }
    directory
}

/// A copy of this repository's `plugin-api` and `shim` with changes: its folder.
pub(super) fn changed(variant: &Variant) -> PathBuf {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = super::directory().join(format!("api-{}", variant.name));
    let members = [&API[..], &["shim"]].concat();
    copy(&directory, &members, Some(variant));
    copy_lock(&directory);
    directory
}

/// Keeps a copy of this repository's `plugin-api`, and of the probe that fits it.
pub(crate) fn keep(directory: &Path) {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    if directory.exists() {
        fs::remove_dir_all(directory).expect("the old copy can be removed");
    }
    copy(directory, &API, None);
    for file in repository::files(&repository::root().join("tests/abi/probe"), ".rs") {
        let name = file.file_name().expect("a file has a name");
        write(
            &directory.join("probe").join(name),
            &repository::read(&file),
        );
    }
}

/// Copies members of the workspace into one of their own, without their tests.
fn copy(directory: &Path, members: &[&str], variant: Option<&Variant>) {
    let root = repository::root();
    let mut used = Vec::new();
    for member in members {
        for file in repository::files(&root.join(member).join("src"), "") {
            let path = file.strip_prefix(root).expect("below the root");
            let text = repository::read(&file);
            let text = variant.map_or(text.clone(), |variant| variant.apply(path, text));
            write(&directory.join(path), &text);
        }
        // What an earlier copy had and the repository has no longer would be compiled, too.
        for copied in repository::files(&directory.join(member).join("src"), ".rs") {
            let path = copied.strip_prefix(directory).expect("below the copy");
            if !root.join(path).exists() {
                // Another test process may have been quicker.
                let _ = fs::remove_file(&copied);
            }
        }
        let path = Path::new(member).join("Cargo.toml");
        let mut manifest: Table = parse(&root.join(&path));
        for table in ["dev-dependencies", "target", "test", "bench", "lints"] {
            manifest.remove(table);
        }
        if let Some(Value::Table(dependencies)) = manifest.get("dependencies") {
            used.extend(dependencies.keys().cloned());
        }
        if let Some(variant) = variant.filter(|_| *member == "plugin-api/abi") {
            set_version(&mut manifest, "package", variant.version);
        }
        write(&directory.join(path), &manifest.to_string());
    }
    let manifest = workspace(members, &used, variant);
    write(&directory.join("Cargo.toml"), &manifest.to_string());
}

/// The manifest of a workspace with these members of this one's.
fn workspace(members: &[&str], used: &[String], variant: Option<&Variant>) -> Table {
    let mut manifest = parse(&repository::root().join("Cargo.toml"));
    manifest.retain(|table, _| table == "workspace");
    let Some(Value::Table(workspace)) = manifest.get_mut("workspace") else {
        panic!("Cargo.toml has no [workspace]");
    };
    workspace.remove("lints");
    workspace.remove("default-members");
    let members = members.iter().map(|member| Value::from(*member));
    workspace.insert("members".to_owned(), members.collect::<Vec<_>>().into());
    let Some(Value::Table(dependencies)) = workspace.get_mut("dependencies") else {
        panic!("Cargo.toml has no [workspace.dependencies]");
    };
    dependencies.retain(|name, _| used.iter().any(|used| used == name));
    if let Some(variant) = variant {
        set_version(dependencies, "plugin-api-abi", variant.version);
    }
    manifest
}

fn set_version(table: &mut Table, key: &str, version: &str) {
    match table.get_mut(key) {
        Some(Value::Table(table)) => table.insert("version".to_owned(), version.into()),
        _ => panic!("`{key}` is missing in a Cargo.toml"),
    };
}

fn parse(path: &Path) -> Table {
    let parsed = repository::read(path).parse();
    parsed.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Pins the versions that this repository uses; cargo drops what is not needed.
fn copy_lock(directory: &Path) {
    let lock = repository::read(&repository::root().join("Cargo.lock"));
    write(&directory.join("Cargo.lock"), &lock);
}

/// Writes a file, unless it has this text already: cargo goes by its time.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    let folder = path.parent().expect("a file is in a folder");
    fs::create_dir_all(folder).expect("the target folder can be written");
    // Other test processes may read it at the same time.
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let written = fs::write(&new, text).and_then(|()| fs::rename(&new, path));
    written.unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}
