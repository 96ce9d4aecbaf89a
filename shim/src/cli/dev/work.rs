//! The rounds: something changes, cargo builds, what came of it is served.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use super::keys::{Key, Keys};
use super::matter::matter;
use super::project::Project;
use super::say::{Kind, Say};
use super::state::{Phase, State};
use super::watch::Watcher;
use crate::build::Options;
use crate::cli::serve::Controls;

const HELP: &str = "keys: r builds and reloads, q quits, h helps";

/// What to do where files cannot be watched.
const LIMITS: &str = "cannot watch files: `sysctl fs.inotify` shows the limits of this system";

/// All that rounds need.
pub(super) struct Work {
    pub(super) project: Arc<Project>,
    pub(super) options: Options,
    pub(super) state: watch::Sender<State>,
    pub(super) say: Say,
    pub(super) controls: Controls,
}

/// Why there is a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The first one.
    First,
    /// A file has changed.
    Change,
    /// Somebody asked for it.
    Asked,
}

impl Work {
    /// Works until the server stops.
    pub(super) async fn run(self) {
        let mut stopped = self.controls.stop.subscribe();
        self.greet();
        let (rounds, asked) = mpsc::channel(1);
        let worked = tokio::select! {
            worked = self.rounds(asked) => worked,
            () = self.keys(rounds) => Ok(()),
            _ = stopped.wait_for(Option::is_some) => Ok(()),
        };
        if let Err(error) = worked {
            self.say.line(Kind::Bad, &format!("error: {error:#}"));
            self.quit();
        }
        // Nobody waits for another build.
        self.state
            .send_modify(|state| state.phase = Phase::Stopping);
    }

    fn greet(&self) {
        let plugins = self.project.plugins();
        let names: Vec<_> = plugins.iter().map(|plugin| &*plugin.name).collect();
        let text = format!("serving {} ({})", self.controls.url, names.join(", "));
        self.say.line(Kind::Good, &text);
    }

    fn quit(&self) {
        self.controls.stop.send_replace(Some(Instant::now()));
    }

    /// Does what keys ask for; never ends.
    async fn keys(&self, rounds: mpsc::Sender<()>) {
        // A shell sends it to a program that it brings back to the foreground.
        let continued = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()));
        let (Some((keys, mut pressed)), Ok(mut continued)) = (Keys::listen(), continued) else {
            return std::future::pending().await;
        };
        self.say.line(Kind::Note, HELP);
        loop {
            let key = tokio::select! {
                key = pressed.recv() => key,
                _ = continued.recv() => {
                    keys.resume();
                    continue;
                }
            };
            match key {
                // One that waits is enough.
                Some(Key::Rebuild) => drop(rounds.try_send(())),
                Some(Key::Help) => self.say.line(Kind::Note, HELP),
                Some(Key::Quit) => self.quit(),
                // The terminal has gone; a signal comes if that is meant to be the end.
                None => return std::future::pending().await,
            }
        }
    }

    async fn rounds(&self, mut asked: mpsc::Receiver<()>) -> anyhow::Result<()> {
        let mut watcher = Watcher::new().context(LIMITS)?;
        // Before anything is built: what is saved meanwhile is seen.
        watcher
            .watch(self.matter(Vec::new()).await?)
            .context(LIMITS)?;
        let (mut cause, mut begun) = (Cause::First, Instant::now());
        let (mut read, mut files) = (Vec::new(), Vec::new());
        loop {
            self.state
                .send_modify(|state| state.phase = Phase::Building);
            if cause == Cause::Change {
                watcher.settle().await.context(LIMITS)?;
            }
            // What failed now was perhaps built before, of files that still count.
            files.extend(self.round(cause, begun, &mut read).await?);
            files.sort();
            files.dedup();
            let matter = self.matter(files.clone()).await?;
            watcher.watch(matter).context(LIMITS)?;
            watcher.forget("Cargo.lock").context(LIMITS)?;
            cause = tokio::select! {
                changed = watcher.changed() => changed.context(LIMITS).map(|()| Cause::Change)?,
                Some(()) = asked.recv() => Cause::Asked,
            };
            begun = Instant::now();
        }
    }

    /// What is to be watched, after cargo made these.
    async fn matter(&self, files: Vec<PathBuf>) -> anyhow::Result<super::watch::Matter> {
        let project = self.project.clone();
        let read = move || matter(&project.plugins(), &project.config, &files);
        let read = tokio::task::spawn_blocking(read);
        read.await
            .context("cannot read what cargo has written down")
    }
}
