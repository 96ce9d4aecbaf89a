//! One round: build, copy, exchange, tell.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::oneshot;

use super::cargo::cargo;
use super::project::Builds;
use super::say::{Kind, plain};
use super::staged::Staged;
use super::state::{Phase, State};
use super::work::{Cause, Work};
use crate::build::{self, BuildError, Outcome, PluginCrate};

/// The most of a failed build that requests get to read, in bytes.
const MAX_TEXT: usize = 64 * 1024;

/// The contents of the files that are read again when they change; `None`: not there.
pub(super) type Read = Vec<(PathBuf, Option<Vec<u8>>)>;

/// What came of a build.
struct Done {
    /// What there is now, of this and earlier builds.
    builds: Builds,
    /// The names of what is new.
    fresh: Vec<String>,
    /// What there is no new build of, and why.
    failed: Vec<(String, String)>,
}

impl Work {
    /// Builds, and serves what came of it. Returns the files that cargo made.
    ///
    /// # Errors
    /// Nothing can be built any more.
    pub(super) async fn round(
        &self,
        cause: Cause,
        begun: Instant,
        read: &mut Read,
    ) -> anyhow::Result<Vec<PathBuf>> {
        let (manifests, config) = self.read_again(read);
        if (manifests && cause == Cause::Change) || cause == Cause::Asked {
            let project = self.project.clone();
            let found = tokio::task::spawn_blocking(move || project.find_again()).await?;
            if let Err(error) = found {
                let text = format!("error: {}\n", text_of(&error));
                self.say.raw(&text);
                self.fail(&text);
                return Ok(Vec::new());
            }
        }
        let cargo_begun = Instant::now();
        let plugins = self.project.plugins();
        let mut outcomes = Vec::new();
        for group in build::by_workspace(&plugins) {
            let built = cargo(group.clone(), self.options.clone(), self.say).await?;
            outcomes.extend(group.into_iter().zip(built));
        }
        let cargo_took = cargo_begun.elapsed();
        let made = outcomes
            .iter()
            .filter_map(|(_, outcome)| outcome.as_ref().ok());
        let made = made.map(|built| built.file.clone()).collect();
        let done = self.stage(outcomes).await?;
        let reload = cause == Cause::Asked || config;
        self.serve(done, reload, begun, cargo_took).await?;
        Ok(made)
    }

    /// Whether manifests and the configuration have changed since they were `read`.
    fn read_again(&self, read: &mut Read) -> (bool, bool) {
        let mut paths = Vec::new();
        for plugin in self.project.plugins().iter() {
            paths.push(plugin.manifest.clone());
            paths.push(plugin.workspace.join("Cargo.toml"));
        }
        paths.sort();
        paths.dedup();
        paths.push(self.project.config.clone());
        let contents = paths.into_iter().map(|path| {
            let content = std::fs::read(&path).ok();
            (path, content)
        });
        let before = std::mem::replace(read, contents.collect());
        let changed = |of_config: bool| {
            let is_config = |path: &Path| path == self.project.config;
            let of = |read: &Read| -> Read {
                let these = read.iter().filter(|(path, _)| is_config(path) == of_config);
                these.cloned().collect()
            };
            !before.is_empty() && of(&before) != of(read)
        };
        (changed(false), changed(true))
    }

    /// Copies what is new.
    async fn stage(&self, outcomes: Vec<(PluginCrate, Outcome)>) -> anyhow::Result<Done> {
        let plugins = self.project.plugins();
        let (mut builds, say) = (self.project.staged(), self.say);
        // What is no plugin any more goes.
        builds.retain(|manifest, _| plugins.iter().any(|one| one.manifest == *manifest));
        let staging = tokio::task::spawn_blocking(move || {
            let (mut fresh, mut failed) = (Vec::new(), Vec::new());
            for (plugin, outcome) in outcomes {
                let before = builds.get(&plugin.manifest);
                let text = match outcome {
                    Ok(built) => match Staged::new(&built.file, before) {
                        Ok(None) => continue,
                        Ok(Some(staged)) => {
                            builds.insert(plugin.manifest, staged);
                            fresh.push(plugin.name);
                            continue;
                        }
                        Err(error) => {
                            let text = format!("error: {}: {error:#}\n", plugin.name);
                            say.raw(&text);
                            text
                        }
                    },
                    Err(failed) => plain(&failed.diagnostics),
                };
                failed.push((plugin.name, text));
            }
            Done {
                builds,
                fresh,
                failed,
            }
        });
        staging.await.context("cannot copy what was built")
    }

    /// Exchanges what is served, if there is something new or it `must` be, and tells.
    async fn serve(
        &self,
        mut done: Done,
        must: bool,
        begun: Instant,
        cargo: Duration,
    ) -> anyhow::Result<()> {
        if !done.fresh.is_empty() || (must && !done.builds.is_empty()) {
            let before = self.project.staged();
            self.project.exchange(done.builds);
            match self.reload().await? {
                Ok(()) => {
                    let what = match done.fresh.is_empty() {
                        true => "all".to_owned(),
                        false => done.fresh.join(", "),
                    };
                    let verb = if before.is_empty() {
                        "ready"
                    } else {
                        "reloaded"
                    };
                    let (all, cargo) = (begun.elapsed().as_secs_f64(), cargo.as_secs_f64());
                    let text = format!("{verb} {what} in {all:.2} s (cargo {cargo:.2} s)");
                    self.say.line(Kind::Good, &text);
                }
                Err(error) => {
                    // The next round tries it again.
                    self.project.exchange(before);
                    let text = format!("error: {error:#}\n");
                    self.say.raw(&text);
                    done.failed.push((done.fresh.join(", "), text));
                }
            }
        }
        if done.failed.is_empty() {
            self.set(Phase::Good);
            return Ok(());
        }
        let texts = done.failed.iter().map(|(_, text)| text.trim_end());
        self.fail(&texts.collect::<Vec<_>>().join("\n\n"));
        Ok(())
    }

    async fn reload(&self) -> anyhow::Result<anyhow::Result<()>> {
        let (ask, answer) = oneshot::channel();
        let sent = self.controls.reload.send(ask).await;
        sent.ok().context("the server has stopped")?;
        answer.await.context("the server has stopped")
    }

    /// Nothing new is served: `why`, for people.
    fn fail(&self, why: &str) {
        let end = (0..=MAX_TEXT).rev().find(|end| why.is_char_boundary(*end));
        let text = why.get(..end.unwrap_or_default()).unwrap_or(why);
        self.set(Phase::Failed(Arc::from(text)));
        let state = self.state.borrow().clone();
        self.say.line(
            Kind::Bad,
            match (state.serving, state.complete) {
                (_, true) => "failed: the build before keeps serving",
                (true, false) => {
                    "failed: what was built before keeps serving, the rest answers with the errors"
                }
                (false, false) => "failed: requests get the errors until it builds",
            },
        );
    }

    fn set(&self, phase: Phase) {
        let (plugins, builds) = (self.project.plugins(), self.project.staged());
        let complete = plugins.iter().all(|one| builds.contains_key(&one.manifest));
        self.state.send_replace(State {
            phase,
            complete,
            serving: !builds.is_empty(),
        });
    }
}

fn text_of(error: &BuildError) -> String {
    match error.hint() {
        Some(hint) => format!("{error}\n  hint: {hint}"),
        None => error.to_string(),
    }
}
