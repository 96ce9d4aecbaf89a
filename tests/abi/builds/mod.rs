//! Builds the probe (`tests/abi/probe`), a small plugin, in many ways.
//!
//! Everything lies in `<target>/abi-plugins` and stays there, so that a second run is quick: one
//! folder for each way, and one target folder for each compiler, which all ways share.

mod sources;
mod variants;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{repository, tools};
pub(crate) use sources::keep;
pub(crate) use variants::{DIFFERENT, INCOMPATIBLE, NEWER, SHORTER, Variant};

/// One way to build the probe.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    /// Its folder, and the package's name.
    name: String,
    api: Api,
    compiler: Compiler,
    profile: Profile,
    feature: Option<&'static str>,
}

/// Which `plugin-api` it is built with.
#[derive(Debug, Clone)]
enum Api {
    /// This repository's.
    Current,
    /// A copy that was kept when an older version was released.
    Kept(PathBuf),
    /// This repository's with changes.
    Variant(&'static Variant),
}

/// What compiles it.
#[derive(Debug, Clone)]
pub(crate) enum Compiler {
    /// The one that compiled these tests.
    Main,
    /// One in this folder.
    In(PathBuf),
}

/// How it is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    /// Release for size: opt-level s, fat LTO, stripped.
    Size,
    /// Debug with panic=abort.
    Abort,
}

impl Build {
    /// This repository's `plugin-api`, built as these tests are, in debug.
    pub(crate) fn current(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            api: Api::Current,
            compiler: Compiler::Main,
            profile: Profile::Debug,
            feature: None,
        }
    }

    /// A copy that was kept; `directory` is named by its version.
    pub(crate) fn kept(directory: &Path) -> Self {
        let version = directory.file_name().expect("a name").to_string_lossy();
        Self {
            api: Api::Kept(directory.to_owned()),
            ..Self::current(&format!("kept-{}", version.replace('.', "-")))
        }
    }

    /// This repository's with changes.
    pub(crate) fn variant(variant: &'static Variant) -> Self {
        Self {
            api: Api::Variant(variant),
            ..Self::current(variant.name)
        }
    }

    pub(crate) fn compiler(mut self, compiler: Compiler) -> Self {
        self.compiler = compiler;
        self
    }

    pub(crate) fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    pub(crate) fn feature(mut self, feature: &'static str) -> Self {
        self.feature = Some(feature);
        self
    }

    /// The name of its package, which the probe tells.
    pub(crate) fn package(&self) -> String {
        format!("probe-{}", self.name)
    }

    /// Builds it; the path of the plugin.
    pub(crate) fn plugin(&self) -> PathBuf {
        let package = self.package();
        let plugin_api = match &self.api {
            Api::Current => repository::root().join("plugin-api"),
            Api::Kept(directory) => directory.join("plugin-api"),
            Api::Variant(variant) => sources::changed(variant).join("plugin-api"),
        };
        let probe = match &self.api {
            Api::Kept(directory) => directory.join("probe"),
            _ => repository::root().join("tests/abi/probe"),
        };
        let workspace = sources::probe(&package, &probe, &plugin_api);
        let mut cargo = self.compiler.cargo();
        cargo
            .arg("build")
            .arg("--manifest-path")
            .arg(workspace.join("Cargo.toml"));
        cargo.args(
            self.feature
                .iter()
                .flat_map(|feature| ["--features", feature]),
        );
        self.profile.set(&mut cargo);
        let target = self.compiler.target();
        build(cargo.arg("--target-dir").arg(&target), &package);
        let file = format!("lib{}.so", package.replace('-', "_"));
        target.join(self.profile.folder()).join(file)
    }
}

/// Builds the shim with a changed ABI; the path of the binary.
pub(crate) fn shim(variant: &'static Variant) -> PathBuf {
    let workspace = sources::changed(variant);
    let mut cargo = Compiler::Main.cargo();
    cargo.args(["build", "-p", "shim", "--bin", "shim", "--manifest-path"]);
    cargo.arg(workspace.join("Cargo.toml"));
    Profile::Debug.set(&mut cargo);
    let target = Compiler::Main.target();
    build(cargo.arg("--target-dir").arg(&target), variant.name);
    target.join("debug/shim")
}

/// The copies of released versions.
pub(crate) fn kept() -> Vec<PathBuf> {
    let directory = repository::root().join("tests/abi/kept");
    let mut versions: Vec<_> = fs::read_dir(directory)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    versions.sort();
    versions
}

fn build(cargo: &mut Command, what: &str) {
    let output = tools::run(cargo);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{what}` does not build:\n{log}");
}

/// Where all of this is done.
fn directory() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let directory = target.expect("a target folder").join("abi-plugins");
    fs::create_dir_all(&directory).expect("the target folder can be written");
    directory
}

impl Compiler {
    /// The compiler in `/usr/bin`, if it is another one than that of these tests, and new enough;
    /// otherwise why not.
    pub(crate) fn second() -> Result<Self, String> {
        let second = Self::In("/usr/bin".into());
        let (main, other) = (Self::Main.version(), second.version());
        let Some(other) = other else {
            return Err("there is no second compiler in /usr/bin".to_owned());
        };
        if main.as_ref() == Some(&other) {
            return Err(format!("the compiler in /usr/bin is the only one: {other}"));
        }
        let least = repository::least_compiler();
        let number = other.split(' ').nth(1).unwrap_or_default();
        if repository::major_minor(number) < repository::major_minor(&least) {
            return Err(format!("{other} in /usr/bin is older than {least}"));
        }
        Ok(second)
    }

    fn version(&self) -> Option<String> {
        let program = match self {
            Self::Main => "rustc".into(),
            Self::In(directory) => directory.join("rustc"),
        };
        let output = Command::new(program).arg("--version").output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn cargo(&self) -> Command {
        let mut command = match self {
            Self::Main => Command::new(env!("CARGO")),
            Self::In(directory) => {
                let mut command = Command::new(directory.join("cargo"));
                command.env("RUSTC", directory.join("rustc"));
                command.env("RUSTDOC", directory.join("rustdoc"));
                command
            }
        };
        // What cargo has set for these tests is not for the probe.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&*name);
            }
        }
        command
            .env_remove("LD_LIBRARY_PATH")
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        command
    }

    fn target(&self) -> PathBuf {
        directory().join(match self {
            Self::Main => "target",
            Self::In(_) => "target-second",
        })
    }
}

impl Profile {
    fn folder(self) -> &'static str {
        match self {
            Self::Debug | Self::Abort => "debug",
            Self::Size => "release",
        }
    }

    fn set(self, cargo: &mut Command) {
        match self {
            Self::Debug => {}
            Self::Abort => {
                cargo.env("CARGO_PROFILE_DEV_PANIC", "abort");
            }
            Self::Size => {
                cargo.arg("--release");
                cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s");
                cargo.env("CARGO_PROFILE_RELEASE_LTO", "fat");
                cargo.env("CARGO_PROFILE_RELEASE_STRIP", "true");
            }
        }
    }
}
