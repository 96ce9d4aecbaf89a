//! SIGHUP: the configuration is read again, plugins are loaded again, and what was served before is
//! exchanged for it without a failed request.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::credentials::{self, CurrentVerifier};
use super::load::{self, Ready};
use super::serve::{Replan, names};
use super::signals::Stop;
use crate::config::Plan;
use crate::engine::Served;
use crate::frontend::{Catalogue, Current};
use crate::observe::metrics::Metrics;
use crate::plugin::Build;
use crate::server::Tls;

/// How often it is looked whether anybody still uses what was exchanged.
const LOOK: Duration = Duration::from_millis(20);

/// All that a reload exchanges.
pub(super) struct Reload {
    pub(super) current: Arc<Current<Served>>,
    pub(super) metrics: Arc<Metrics>,
    /// How long runs of exchanged functions may take to end.
    pub(super) grace: Duration,
    /// What is served.
    pub(super) ready: Vec<Ready>,
    pub(super) tls: Option<Tls>,
    pub(super) verifier: CurrentVerifier,
    pub(super) replan: Replan,
    /// What was exchanged and is not ended yet.
    pub(super) retiring: TaskTracker,
}

impl Reload {
    /// Reloads at each signal, until the stop; returns what is served then. A stop also ends a
    /// reload that is under way.
    pub(super) async fn on_each(
        mut self,
        mut hangups: Signal,
        mut stopped: watch::Receiver<Stop>,
    ) -> Vec<Ready> {
        let reloads = async {
            while hangups.recv().await.is_some() {
                // What is wrong with the new is no reason to end the old.
                if let Err(error) = self.reload().await {
                    tracing::error!("nothing was reloaded: {error:#}");
                }
            }
        };
        tokio::select! {
            _ = stopped.wait_for(Option::is_some) => {}
            () = reloads => {}
        }
        self.ready
    }

    /// Leaves everything as it was if it is dropped before its end: what is loaded is exchanged
    /// at once.
    async fn reload(&mut self) -> anyhow::Result<()> {
        let Plan { serve: plan, .. } = (self.replan)()?;
        let verifier = credentials::verifier(plan.credentials.as_deref())?;
        let loaded = load::load(&plan, &self.metrics).await?;
        if let Some(tls) = &self.tls {
            tls.reload()?;
        }
        self.verifier.store(verifier);
        let old = self.current.exchange(loaded.catalogue);
        let before = std::mem::replace(&mut self.ready, loaded.ready);
        tracing::info!(function = names(&self.ready), "reloaded");
        let kept: Vec<_> = self.ready.iter().map(|ready| ready.build.clone()).collect();
        // From now on, not when it has ended: a further reload may bring it back meanwhile.
        let retired = before.iter().map(|ready| &ready.build);
        retired
            .filter(|build| !kept.contains(build))
            .for_each(Build::retire);
        let retiring = retire(old, before, kept, self.grace);
        tokio::spawn(self.retiring.track_future(retiring));
        Ok(())
    }
}

/// Waits until nobody uses what was exchanged, for at most `grace`, and ends it.
async fn retire(
    old: Arc<Catalogue<Served>>,
    before: Vec<Ready>,
    kept: Vec<Build>,
    grace: Duration,
) {
    // The catalogue and `before` hold one count each of every function.
    let in_use = || {
        let held = |ready: &Ready| Arc::strong_count(&ready.entry) > 2;
        Arc::strong_count(&old) > 1 || before.iter().any(held)
    };
    let unused = async {
        while in_use() {
            tokio::time::sleep(LOOK).await;
        }
    };
    if tokio::time::timeout(grace, unused).await.is_err() {
        tracing::warn!("grace is over, a run of a function that was reloaded goes on");
    }
    drop(old);
    if !load::end(&before, &kept, grace).await {
        tracing::warn!("an instance of a function that was reloaded has not stopped");
    }
}
