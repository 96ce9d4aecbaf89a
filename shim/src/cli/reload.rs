//! SIGHUP: the configuration is read again, plugins are loaded again, and what was served before is
//! exchanged for it without a failed request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::task::TaskTracker;

use super::credentials::{self, CurrentVerifier};
use super::load::{self, Ready};
use super::notify::Notify;
use super::serve::{Replan, names};
use super::signals::{Hangup, Hangups, Stop};
use crate::config::{Fixed, Plan};
use crate::engine::Served;
use crate::frontend::{Catalogue, Current};
use crate::observe::metrics::Metrics;
use crate::server::Tls;

/// How often it is looked whether anybody still uses what was exchanged.
const LOOK: Duration = Duration::from_millis(20);

/// Asks for a reload; the answer says what came of it.
pub(super) type Ask = oneshot::Sender<anyhow::Result<()>>;

/// All that a reload exchanges.
pub(super) struct Reload {
    pub(super) current: Arc<Current<Served>>,
    pub(super) metrics: Arc<Metrics>,
    /// How long instances of exchanged functions may take to stop.
    pub(super) grace: Duration,
    /// What is served.
    pub(super) ready: Vec<Ready>,
    pub(super) tls: Option<Tls>,
    pub(super) verifier: CurrentVerifier,
    pub(super) replan: Replan,
    /// What was given at the start of all that is not exchanged.
    pub(super) fixed: Vec<Fixed>,
    /// The ends of what was exchanged.
    pub(super) retiring: TaskTracker,
    /// Who is told.
    pub(super) notify: Notify,
}

impl Reload {
    /// Reloads at each signal and whenever it is asked for, until the stop; returns what is served
    /// then. A stop does not wait for a reload. The end of the terminal is a stop.
    pub(super) async fn on_each(
        mut self,
        mut hangups: Hangups,
        mut asked: mpsc::Receiver<Ask>,
        stop: Arc<watch::Sender<Stop>>,
    ) -> Vec<Ready> {
        let mut stopped = stop.subscribe();
        loop {
            let ask = tokio::select! {
                _ = stopped.wait_for(Option::is_some) => return self.ready,
                hangup = hangups.next() => match hangup {
                    Some(Hangup::Reload) => None,
                    Some(Hangup::TerminalClosed) => {
                        tracing::info!("the terminal was closed");
                        stop.send_replace(Some(Instant::now()));
                        return self.ready;
                    }
                    None => return self.ready,
                },
                Some(ask) = asked.recv() => Some(ask),
            };
            self.notify.reloading().await;
            let reloaded = tokio::select! {
                reloaded = self.reload() => reloaded,
                _ = stopped.wait_for(Option::is_some) => return self.ready,
            };
            match &reloaded {
                Ok(()) => self.notify.ready("reloaded").await,
                Err(error) => {
                    let status = format!("nothing was reloaded: {error:#}");
                    self.notify.ready(&status).await;
                }
            }
            // What is wrong with the new is no reason to end the old.
            match (ask, reloaded) {
                // Who does not wait for the answer does without.
                (Some(ask), reloaded) => drop(ask.send(reloaded)),
                (None, Err(error)) => tracing::error!("nothing was reloaded: {error:#}"),
                (None, Ok(())) => {}
            }
        }
    }

    /// Either all of it is exchanged, or nothing.
    async fn reload(&mut self) -> anyhow::Result<()> {
        let replan = self.replan.clone();
        let read = tokio::task::spawn_blocking(move || {
            let Plan { serve: plan, .. } = replan()?;
            let verifier = credentials::verifier(plan.credentials.as_ref())?;
            anyhow::Ok((plan, verifier))
        });
        let (plan, verifier) = read.await??;
        // The listener stays as it is, so what the plan says of it proves nothing.
        anyhow::ensure!(
            verifier.is_some() || self.verifier.load().is_none(),
            "the credentials are gone, and the Invoke API would be open to everybody who reaches \
             it: restart the shim if this is meant"
        );
        let unread = unread(&self.fixed, &plan.fixed).join(", ");
        if !unread.is_empty() {
            tracing::warn!("read at the start only, so restart the shim for: {unread}");
        }
        let loaded = load::load(&plan, &self.metrics).await?;
        // The last step that can fail, for it exchanges at once.
        if let Some(tls) = self.tls.clone() {
            tokio::task::spawn_blocking(move || tls.reload()).await??;
        }
        self.verifier.store(verifier);
        let old = self.current.exchange(loaded.catalogue);
        let before = std::mem::replace(&mut self.ready, loaded.ready);
        tracing::info!(function = names(&self.ready), "reloaded");
        tokio::spawn(self.retiring.track_future(retire(old, before, self.grace)));
        Ok(())
    }
}

/// The settings that are others now and stay as they were at the start: `grace (25s, now 5s)`.
fn unread(before: &[Fixed], now: &[Fixed]) -> Vec<String> {
    let pairs = before.iter().zip(now);
    let changed = pairs.filter(|(before, now)| before != now);
    let named = changed.map(|(before, now)| {
        let value = |fixed: &Fixed| fixed.value.clone().unwrap_or("not given".to_owned());
        format!("{} ({}, now {})", before.key, value(before), value(now))
    });
    named.collect()
}

/// Waits until nobody uses what was exchanged, however long that takes, and stops its instances.
async fn retire(old: Arc<Catalogue<Served>>, before: Vec<Ready>, grace: Duration) {
    let in_use = || {
        // `before` has one count of every function.
        let held = Arc::strong_count(&old) > 1 || old.is_in_use(1);
        held || before.iter().any(|entry| entry.function.is_busy())
    };
    while in_use() {
        tokio::time::sleep(LOOK).await;
    }
    drop(old);
    if !load::stop(&before, grace).await {
        tracing::warn!("an instance of a function that was reloaded has not stopped");
    }
}
