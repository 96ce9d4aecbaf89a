//! `shim dev`: a save becomes an answer, with the real cargo.

mod requests;
pub(crate) mod terminal;

use std::path::{Path, PathBuf};
use std::process;
use std::sync::OnceLock;

use shim_testkit::{Command, Shim, TempDir, eventually, json};

use crate::shim;

/// Where cargo builds the crates of these tests: what they depend on is built once.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("dev")
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A folder with crates, outside of this workspace. Cargo puts plugins of the same name into the
/// same file, so each has a name of its own.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        std::fs::copy(root().join("Cargo.lock"), folder.path("Cargo.lock")).unwrap();
        folder
    }

    /// One plugin, whose handler says a word.
    fn of(name: &str, word: &str) -> Self {
        let folder = Self::new();
        folder.write("Cargo.toml", &format!("{}[workspace]\n", manifest(name)));
        folder.write("src/lib.rs", &says(word));
        folder
    }

    /// A workspace of plugins, each with its word.
    fn workspace(plugins: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        let names: Vec<_> = plugins.iter().map(|(name, _)| name).collect();
        folder.write(
            "Cargo.toml",
            &format!("[workspace]\nresolver = \"3\"\nmembers = {names:?}\n"),
        );
        for (name, word) in plugins {
            folder.write(&format!("{name}/Cargo.toml"), &manifest(name));
            folder.write(&format!("{name}/src/lib.rs"), &says(word));
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// `shim dev` in it.
    fn dev(&self) -> Command {
        built_once();
        let command = shim().command().word("dev").arg("--port", "0");
        with_cargo(command.directory(self.0.path()))
    }
}

fn with_cargo(mut command: Command) -> Command {
    for name in ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Some(value) = std::env::var_os(name) {
            command = command.env(name, value);
        }
    }
    command
        .env("CARGO_TARGET_DIR", target())
        .env("CARGO_NET_OFFLINE", "true")
}

/// Builds what all plugins depend on, however long that takes.
fn built_once() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = Folder::of("dev_once", "word");
        let built = process::Command::new(env!("CARGO"))
            .args(["build", "--lib", "--quiet"])
            .current_dir(folder.0.path())
            .env("CARGO_TARGET_DIR", target())
            .env("CARGO_NET_OFFLINE", "true")
            .status();
        assert!(built.unwrap().success());
    });
}

fn manifest(name: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [lib]\ncrate-type = [\"cdylib\"]\n\
         [dependencies]\nplugin-api = {{ path = {} }}\n",
        json!(root().join("plugin-api").canonicalize().unwrap())
    )
}

fn says(word: &str) -> String {
    format!("#[plugin_api::handler]\nfn handler(_event: ()) -> &'static str {{\n    {word:?}\n}}\n")
}

const BROKEN: &str = "fn broken() -> u8 { unknown_word }\n";

/// What the only function says.
fn word(shim: &Shim) -> String {
    let response = shim.invoke("function").body("null").send();
    let json = response.expect_success().json();
    json.as_str().unwrap_or_default().to_owned()
}

fn until_said(shim: &Shim, wanted: &str) {
    eventually(&format!("no `{wanted}`"), || {
        (word(shim) == wanted).then_some(())
    });
}

/// Waits for so many lines with a text.
fn until_told(shim: &Shim, text: &str, count: usize) {
    let told = || shim.stderr().matches(text).count() >= count;
    eventually(&format!("no {count} `{text}`"), || told().then_some(()));
}

#[test]
fn a_save_becomes_an_answer_and_a_mistake_does_not() {
    let folder = Folder::of("dev_save", "one");
    let shim = folder.dev().start();
    assert_eq!(word(&shim), "one");
    until_told(&shim, "ready dev_save in ", 1);

    folder.write("src/lib.rs", &says("two"));
    until_said(&shim, "two");
    until_told(&shim, "reloaded dev_save in ", 1);
    assert!(shim.stderr().contains(" s (cargo "), "{}", shim.said());

    folder.write("src/lib.rs", &(says("three") + BROKEN));
    until_told(&shim, "failed: the build before keeps serving", 1);
    assert!(shim.stderr().contains("cannot find value `unknown_word`"));
    shim.post("/", "null")
        .expect_status(200)
        .expect_body("\"two\"")
        .expect_header("x-shim-build", "failed");
    assert_eq!(word(&shim), "two");

    // As editors save: beside, then renamed.
    folder.write("src/.lib.rs.new", &says("four"));
    std::fs::rename(folder.path("src/.lib.rs.new"), folder.path("src/lib.rs")).unwrap();
    until_said(&shim, "four");
    until_told(&shim, "reloaded dev_save in ", 2);
    shim.post("/", "null").expect_no_header("x-shim-build");
    shim.stop();
}

#[test]
fn new_files_manifests_and_settings_count() {
    let folder = Folder::of("dev_files", "one");
    let shim = folder.dev().start();
    until_said(&shim, "one");

    let text = "mod inner;\n#[plugin_api::handler]\nfn handler(_event: (), ctx: plugin_api::Context) \
                -> String {\n    ctx.var(\"WORD\").unwrap_or(inner::WORD).to_owned()\n}\n";
    folder.write("src/lib.rs", text);
    until_told(&shim, "failed: the build before keeps serving", 1);
    // In a folder that was not there.
    folder.write("src/inner/mod.rs", "pub const WORD: &str = \"inner\";\n");
    until_said(&shim, "inner");

    folder.write("Cargo.toml", "[package\n");
    until_told(&shim, "failed: the build before keeps serving", 2);
    assert!(shim.stderr().contains("Cargo.toml"), "{}", shim.said());
    let other = manifest("dev_files").replace("0.1.0", "0.2.0");
    folder.write("Cargo.toml", &format!("{other}[workspace]\n"));
    until_told(&shim, "reloaded dev_files in ", 2);

    folder.write("shim.toml", "env = { WORD = \"set\" }\n");
    until_said(&shim, "set");
    folder.write("shim.toml", "timeout = \"soon\"\n");
    until_told(&shim, "failed: the build before keeps serving", 3);
    assert_eq!(word(&shim), "set");
    shim.stop();
}

#[test]
fn several_plugins_are_built_for_themselves() {
    let folder = Folder::workspace(&[("dev_left", "left"), ("dev_right", "right")]);
    folder.write("dev_right/src/lib.rs", BROKEN);
    let shim = folder.dev().start();
    let said = |name: &str| shim.invoke(name).body("null").send();
    said("dev_left").expect_success().expect_body("\"left\"");
    said("dev_right").expect_function_error("Build.Failed");

    folder.write("dev_right/src/lib.rs", &says("right"));
    eventually("no `right`", || {
        (said("dev_right").body() == b"\"right\"").then_some(())
    });
    folder.write("dev_left/src/lib.rs", &says("another"));
    eventually("no `another`", || {
        let left = said("dev_left");
        (left.expect_success().body() == b"\"another\"").then_some(())
    });
    until_told(&shim, "reloaded dev_left in ", 1);
    shim.stop();
}

#[test]
fn a_folder_without_a_plugin_is_told_at_once() {
    let folder = TempDir::new().unwrap();
    let refused = shim().command().word("dev").word(folder.path()).run();
    refused.expect_stderr("there is no crate at");
    assert_ne!(refused.code(), 0);
}
