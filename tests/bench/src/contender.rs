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

/// A folder with a `shim` and a `libbench_plugin.so`.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    /// Empty for the build of this tree.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

impl Build {
    /// Builds this tree's, beside the program that runs.
    pub(crate) fn of_this_tree(build: bool) -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("where am I")?;
        let folder = own.parent().context("where am I")?.to_owned();
        if build {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let target = folder.parent().context("no target folder")?;
            let status = Command::new(cargo)
                .args(["build", "--release", "--package", "shim", "--bin", "shim"])
                .args(["--package", "bench-plugin", "--lib", "--target-dir"])
                .arg(target)
                .status()
                .context("cannot run cargo")?;
            ensure!(status.success(), "the build failed");
        }
        let build = Self {
            name: String::new(),
            folder,
        };
        build.check()
    }

    /// From `NAME=FOLDER`.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let Some((name, folder)) = text.split_once('=') else {
            bail!("{text:?} is not NAME=FOLDER");
        };
        let build = Self {
            name: name.to_owned(),
            folder: folder.into(),
        };
        build.check()
    }

    fn check(self) -> anyhow::Result<Self> {
        for file in [self.shim(), self.plugin()] {
            ensure!(file.is_file(), "there is no {}", file.display());
        }
        Ok(self)
    }

    fn shim(&self) -> PathBuf {
        self.folder.join("shim")
    }

    fn plugin(&self) -> PathBuf {
        self.folder.join("libbench_plugin.so")
    }

    /// A contender that serves the web handler `handler` from this build, with more `flags`.
    pub(crate) fn contender(&self, name: &str, handler: &str, flags: &[&str]) -> Contender {
        let mut words = vec!["--handler".to_owned(), handler.to_owned()];
        words.extend(["--plugin".to_owned(), text(&self.plugin())]);
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
            let plugin = text(&self.plugin());
            words.extend([
                "--plugin".to_owned(),
                format!("{function}={plugin}#{handler}"),
            ]);
        }
        words.extend(flags.iter().map(|flag| (*flag).to_owned()));
        self.serving(name, words, probe)
    }

    fn serving(&self, name: &str, flags: Vec<String>, probe: &'static str) -> Contender {
        let mut words = vec![text(&self.shim())];
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
