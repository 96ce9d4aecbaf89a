//! Who is compared.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use crate::server::{Program, QUICK};

/// A server under a name.
#[derive(Debug, Clone)]
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) program: Program,
}

/// A `shim` and a `libbench_plugin.so`.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    /// Empty for the build of this tree.
    name: String,
    shim: PathBuf,
    plugin: PathBuf,
}

/// Builds parts of this tree as they are released. The folder of the outcome, which is that of the
/// program that runs.
pub(crate) fn build(parts: &[&str]) -> anyhow::Result<PathBuf> {
    let folder = own_folder()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release"])
        .args(parts)
        .arg("--target-dir")
        .arg(folder.parent().context("no target folder")?)
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "the build failed");
    Ok(folder)
}

fn own_folder() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("where am I")?;
    Ok(own.parent().context("where am I")?.to_owned())
}

impl Build {
    /// This tree's, which may have to be built.
    pub(crate) fn of_this_tree(fresh: bool) -> anyhow::Result<Self> {
        let folder = if fresh {
            build(&[
                "--package=shim",
                "--bin=shim",
                "--package=bench-plugin",
                "--lib",
            ])?
        } else {
            own_folder()?
        };
        Self::with_plugin_of(&folder, &folder.join("shim"))
    }

    /// This `shim` with the plugin in `folder`.
    pub(crate) fn with_plugin_of(folder: &Path, shim: &Path) -> anyhow::Result<Self> {
        let build = Self {
            name: String::new(),
            shim: shim.to_owned(),
            plugin: folder.join("libbench_plugin.so"),
        };
        for file in [&build.shim, &build.plugin] {
            ensure!(file.is_file(), "there is no {}", file.display());
        }
        Ok(build)
    }

    /// From `NAME=FOLDER`. A folder without a plugin has this one's.
    pub(crate) fn parse(&self, text: &str) -> anyhow::Result<Self> {
        let Some((name, folder)) = text.split_once('=') else {
            bail!("{text:?} is not NAME=FOLDER");
        };
        let folder = Path::new(folder);
        let shim = folder.join("shim");
        let other = match folder.join("libbench_plugin.so").is_file() {
            true => Self::with_plugin_of(folder, &shim)?,
            false => Self::with_plugin_of(self.plugin.parent().unwrap_or(folder), &shim)?,
        };
        Ok(Self {
            name: name.to_owned(),
            ..other
        })
    }

    /// A contender that serves the web handler `handler` from this build, with more `flags`.
    pub(crate) fn contender(&self, name: &str, handler: &str, flags: &[&str]) -> Contender {
        let mut words = vec!["--handler".to_owned(), handler.to_owned()];
        words.extend(["--plugin".to_owned(), text(&self.plugin)]);
        words.extend(flags.iter().map(|flag| (*flag).to_owned()));
        self.serving(name, words, QUICK)
    }

    /// A contender that serves `(name, handler)` from this build over the Invoke API.
    pub(crate) fn functions(
        &self,
        name: &str,
        functions: &[(&str, &str)],
        flags: &[&str],
        probe: &'static str,
    ) -> Contender {
        let mut words = Vec::new();
        for (function, handler) in functions {
            let plugin = text(&self.plugin);
            words.extend([
                "--plugin".to_owned(),
                format!("{function}={plugin}#{handler}"),
            ]);
        }
        words.extend(flags.iter().map(|flag| (*flag).to_owned()));
        self.serving(name, words, probe)
    }

    fn serving(&self, name: &str, flags: Vec<String>, probe: &'static str) -> Contender {
        let mut words = vec![text(&self.shim)];
        words.extend(["serve", "--port", "{port}"].map(str::to_owned));
        words.extend(flags);
        let name = match self.name.as_str() {
            "" => name.to_owned(),
            build => format!("{name} [{build}]"),
        };
        Contender {
            name,
            program: Program { words, probe },
        }
    }
}

/// hyper with the handlers compiled in: a part of this program.
pub(crate) fn reference(
    name: &str,
    flags: &[&str],
    probe: &'static str,
) -> anyhow::Result<Contender> {
    let own = std::env::current_exe().context("where am I")?;
    let mut words = vec![text(&own), "reference".to_owned(), "{port}".to_owned()];
    words.extend(flags.iter().map(|flag| (*flag).to_owned()));
    Ok(Contender {
        name: name.to_owned(),
        program: Program { words, probe },
    })
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
