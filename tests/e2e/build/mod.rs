//! `shim build`: cargo for plugins.
//!
//! * `templates`: every crate that `shim new` makes compiles, passes its tests, and is served
//! * `results`: what is said, what fails, where files go
//! * `zigbuild`: for an older system, with the real `cargo zigbuild`
//!
//! Cargo runs for real, on crates in folders outside of this repository. What it builds of their
//! dependencies stays in `<target>/new-plugins`, so that a second run is quick.

mod results;
mod templates;
mod zigbuild;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::folder::Folder;

/// A folder for crates, outside of any workspace.
struct Ground(Folder);

impl Deref for Ground {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.0
    }
}

impl Ground {
    /// One with the lock file of this repository: the same versions, without looking for others.
    fn new() -> Self {
        let ground = Self(Folder::new());
        let lock = repository().join("Cargo.lock");
        std::fs::copy(lock, ground.path("Cargo.lock")).unwrap();
        ground
    }

    /// One that is the root of a workspace.
    fn workspace() -> Self {
        let ground = Self::new();
        ground.put(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = []\n",
        );
        ground
    }

    /// Makes a crate.
    fn make(&self, name: &str, words: &[&str]) {
        let mut shim = self.shim("new", &[&[name], words].concat());
        shim.env("SHIM_PLUGIN_API_PATH", repository().join("plugin-api"));
        let output = run(&mut shim);
        assert!(output.status.success(), "{}", said(&output));
    }

    /// A command of the shim in this folder.
    fn shim(&self, command: &str, words: &[&str]) -> Command {
        let mut shim = quiet(Path::new(env!("CARGO_BIN_EXE_shim")));
        shim.arg(command).args(words).current_dir(self.path(""));
        shim
    }

    fn cargo(&self, words: &[&str]) -> Command {
        let mut cargo = quiet(Path::new(env!("CARGO")));
        cargo.args(words).current_dir(self.path(""));
        cargo
    }

    /// A text with this folder as `/dir`.
    fn plain(&self, text: &str) -> String {
        text.replace(&self.path("").display().to_string(), "/dir/")
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// Where cargo puts what it builds.
fn target() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let target = target.join("new-plugins");
    std::fs::create_dir_all(&target).unwrap();
    target.canonicalize().unwrap()
}

/// A program for which cargo has set nothing but where to build.
fn quiet(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let kept = ["CARGO_HOME", "CARGO_NET_OFFLINE", "CARGO_BUILD_JOBS"].contains(&&*text);
        if text.starts_with("SHIM_") || text.starts_with("CARGO") && !kept {
            command.env_remove(&*text);
        }
    }
    command
        .env_remove("LD_LIBRARY_PATH")
        .env("CARGO_TARGET_DIR", target())
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .stdin(Stdio::null());
    command
}

/// Runs to the end, however long cargo takes.
fn run(command: &mut Command) -> Output {
    let output = command.output();
    output.unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}
