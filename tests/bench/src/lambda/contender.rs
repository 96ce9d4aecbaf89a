//! Who is compared: bootstraps, each in a folder as it would be unpacked from its zip.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::Serialize;

use super::work::Work;
use crate::contender::Build;

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

/// All of them, below `folder`: the peers, then the shim of each build.
pub(crate) fn contenders(
    folder: &Path,
    builds: &[Build],
    build: bool,
) -> anyhow::Result<Vec<Contender>> {
    let peers = peers(build)?;
    let mut contenders = Vec::new();
    for (_, program, name, role) in PEERS {
        let root = folder.join(program);
        let bootstrap = stage(&peers.join(program), &root, "bootstrap")?;
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
    for (number, build) in builds.iter().enumerate() {
        for (name, echo) in [("shim", None), ("shim, bytes", Some("echo"))] {
            let root = folder.join(format!("{name} {number}"));
            let bootstrap = stage(&build.folder.join("bootstrap"), &root, "bootstrap")?;
            let plugin = stage(
                &build.folder.join("libbench_plugin.so"),
                &root,
                "bench_plugin.so",
            )?;
            contenders.push(Contender {
                name: build.label(name),
                role: Role::Shim,
                root,
                echo,
                size: Size {
                    bootstrap,
                    plugin: Some(plugin),
                },
            });
        }
    }
    Ok(contenders)
}

/// Builds the peers, each package by itself; the folder with the programs.
fn peers(build: bool) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("where am I")?;
    let target = own
        .parent()
        .and_then(Path::parent)
        .context("no target folder")?;
    let target = target.join("bench-peers");
    let mut packages: Vec<_> = PEERS.iter().map(|(package, ..)| *package).collect();
    packages.dedup();
    for package in packages.iter().filter(|_| build) {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(["build", "--release", "--locked", "--package", package])
            .args([
                "--manifest-path",
                concat!(env!("CARGO_MANIFEST_DIR"), "/peers/Cargo.toml"),
            ])
            .arg("--target-dir")
            .arg(&target)
            .status()
            .context("cannot run cargo")?;
        ensure!(status.success(), "the build of {package} failed");
    }
    Ok(target.join("release"))
}

/// Puts `file` into `root` under `name`, without its symbols where `strip` is there; its size.
fn stage(file: &Path, root: &Path, name: &str) -> anyhow::Result<u64> {
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
