//! Who is compared: bootstraps, each in a folder as it would be unpacked from its zip.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::Serialize;

use super::work::Work;

/// What a contender is in the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Loads the plugin.
    Shim,
    /// A minimal hyper loop: one reference.
    Hyper,
    /// A blocking socket.
    Floor,
    /// lambda_runtime or lambda_http as their templates have them: the other reference.
    Template,
    /// lambda_http.
    TemplateHttp,
    /// lambda_runtime with several invocations at a time: the reference where there are several.
    Concurrent,
    /// lambda_runtime on one thread.
    CurrentThread,
}

/// A bootstrap under a name.
#[derive(Debug)]
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// Its `LAMBDA_TASK_ROOT`.
    pub(crate) root: PathBuf,
    /// The handler for an echo, where it is not everybody's.
    echo: Option<&'static str>,
    pub(crate) size: Size,
}

/// The size of its files, in bytes, without symbols.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Size {
    pub(crate) bootstrap: u64,
    pub(crate) plugin: Option<u64>,
}

/// The peers: package, program, name, role.
const PEERS: [(&str, &str, &str, Role); 6] = [
    ("peer-bare", "hyper-bare", "hyper", Role::Hyper),
    ("peer-bare", "floor", "blocking socket", Role::Floor),
    ("peer-runtime", "template", "lambda_runtime", Role::Template),
    (
        "peer-runtime",
        "current-thread",
        "lambda_runtime, one thread",
        Role::CurrentThread,
    ),
    ("peer-http", "peer-http", "lambda_http", Role::TemplateHttp),
    (
        "peer-concurrent",
        "peer-concurrent",
        "lambda_runtime, concurrent",
        Role::Concurrent,
    ),
];

impl Contender {
    /// Whether it does `work`, so many at a time.
    pub(crate) fn does(&self, work: Work, slots: usize) -> bool {
        match self.role {
            Role::Shim if self.echo.is_some() => work == Work::Echo1m && slots == 1,
            Role::Shim | Role::Floor => true,
            Role::Hyper => slots == 1,
            Role::Template | Role::CurrentThread => work != Work::Url && slots == 1,
            Role::TemplateHttp => work == Work::Url && slots == 1,
            Role::Concurrent => slots > 1,
        }
    }

    /// Whether it is lambda_runtime as everybody has it.
    pub(crate) fn is_lambda_runtime(&self) -> bool {
        matches!(
            self.role,
            Role::Template | Role::TemplateHttp | Role::Concurrent
        )
    }

    pub(crate) fn handler(&self, work: Work) -> &'static str {
        self.echo.unwrap_or(work.handler())
    }
}

/// Where a bootstrap and a plugin for it are.
#[derive(Debug)]
pub(crate) struct Files {
    /// Empty for those of this tree.
    name: String,
    bootstrap: PathBuf,
    plugin: PathBuf,
}

const BOOTSTRAP: &str = "bootstrap";
const PLUGIN: &str = "libbench_plugin.so";

impl Files {
    /// From `NAME=FOLDER`.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let (name, folder) = text
            .split_once('=')
            .with_context(|| format!("{text:?} is not NAME=FOLDER"))?;
        Ok(Self {
            name: name.to_owned(),
            bootstrap: Path::new(folder).join(BOOTSTRAP),
            plugin: Path::new(folder).join(PLUGIN),
        })
    }

    fn label(&self, name: &str) -> String {
        match self.name.as_str() {
            "" => name.to_owned(),
            build => format!("{name} [{build}]"),
        }
    }
}

/// The folder for everything that is built; `build` builds the shim's files and the peers there,
/// each as it is released.
#[derive(Debug)]
pub(crate) struct Target(PathBuf);

impl Target {
    pub(crate) fn new(build: bool) -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("where am I")?;
        let target = own.parent().and_then(Path::parent);
        let target = Self(target.context("no target folder")?.to_owned());
        if build {
            target.build()?;
        }
        Ok(target)
    }

    fn build(&self) -> anyhow::Result<()> {
        let lambda = [
            "--profile",
            "lambda",
            "--package",
            "shim",
            "--bin",
            BOOTSTRAP,
        ];
        cargo(&lambda, &self.0)?;
        cargo(
            &["--release", "--package", "bench-plugin", "--lib"],
            &self.0,
        )?;
        let mut packages: Vec<_> = PEERS.iter().map(|(package, ..)| *package).collect();
        packages.dedup();
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/Cargo.toml");
        for package in packages {
            let package = ["--package", package, "--manifest-path", manifest];
            cargo(
                &[&["--release", "--locked"], &package[..]].concat(),
                &self.peers(),
            )?;
        }
        Ok(())
    }

    fn peers(&self) -> PathBuf {
        self.0.join("bench-peers")
    }

    /// What this tree has built.
    pub(crate) fn files(&self) -> Files {
        Files {
            name: String::new(),
            bootstrap: self.0.join("lambda").join(BOOTSTRAP),
            plugin: self.0.join("release").join(PLUGIN),
        }
    }

    /// All contenders, in folders below `folder`: the peers, then the shim of each build.
    pub(crate) fn stage(&self, folder: &Path, builds: &[Files]) -> anyhow::Result<Vec<Contender>> {
        let mut contenders = Vec::new();
        for (_, program, name, role) in PEERS {
            let root = folder.join(program);
            let program = self.peers().join("release").join(program);
            let bootstrap = copy(&program, &root, BOOTSTRAP)?;
            contenders.push(Contender {
                name: name.to_owned(),
                role,
                root,
                echo: None,
                size: Size {
                    bootstrap,
                    plugin: None,
                },
            });
        }
        for (number, files) in builds.iter().enumerate() {
            let root = folder.join(format!("shim-{number}"));
            let size = Size {
                bootstrap: copy(&files.bootstrap, &root, BOOTSTRAP)?,
                plugin: Some(copy(&files.plugin, &root, "bench_plugin.so")?),
            };
            for (name, echo) in [("shim", None), ("shim, bytes", Some("echo"))] {
                contenders.push(Contender {
                    name: files.label(name),
                    role: Role::Shim,
                    root: root.clone(),
                    echo,
                    size,
                });
            }
        }
        Ok(contenders)
    }
}

fn cargo(words: &[&str], target: &Path) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .arg("build")
        .args(words)
        .arg("--target-dir")
        .arg(target);
    let status = command.status().context("cannot run cargo")?;
    ensure!(status.success(), "the build failed: {command:?}");
    Ok(())
}

/// Puts `file` into `root` under `name`, without its symbols where `strip` is there; its size.
fn copy(file: &Path, root: &Path, name: &str) -> anyhow::Result<u64> {
    fs::create_dir_all(root).context("cannot make a folder")?;
    let place = root.join(name);
    fs::copy(file, &place).with_context(|| format!("cannot copy {}", file.display()))?;
    if let Err(error) = Command::new("strip")
        .arg("--strip-all")
        .arg(&place)
        .status()
    {
        eprintln!("{name} keeps its symbols: strip: {error}");
    }
    Ok(fs::metadata(&place)?.len())
}
