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
    /// The ends of what was exchanged.
    pub(super) retiring: TaskTracker,
}

impl Reload {
    /// Reloads at each signal, until the stop; returns what is served then.
    pub(super) async fn on_each(
        mut self,
        mut hangups: Signal,
        mut stopped: watch::Receiver<Stop>,
    ) -> Vec<Ready> {
        loop {
            tokio::select! {
                _ = stopped.wait_for(Option::is_some) => return self.ready,
                signal = hangups.recv() => if signal.is_none() {
                    return self.ready;
                },
            }
            // What is wrong with the new is no reason to end the old.
            if let Err(error) = self.reload().await {
                tracing::error!("nothing was reloaded: {error:#}");
            }
        }
    }

    async fn reload(&mut self) -> anyhow::Result<()> {
        let replan = self.replan.clone();
        let read = tokio::task::spawn_blocking(move || {
            let Plan { serve: plan, .. } = replan()?;
            let verifier = credentials::verifier(plan.credentials.as_deref())?;
            anyhow::Ok((plan, verifier))
        });
        let (plan, verifier) = read.await??;
        let loaded = load::load(&plan, &self.metrics).await?;
        if let Some(tls) = self.tls.clone() {
            tokio::task::spawn_blocking(move || tls.reload()).await??;
        }
        self.verifier.store(verifier);
        let old = self.current.exchange(loaded.catalogue);
        let before = std::mem::replace(&mut self.ready, loaded.ready);
        tracing::info!(function = names(&self.ready), "reloaded");
        let kept = self.ready.iter().map(|ready| ready.build.clone()).collect();
        let retired = retire(old, before, kept, self.grace);
        tokio::spawn(self.retiring.track_future(retired));
        Ok(())
    }
}

/// Waits until nobody uses what was exchanged, for at most `grace`, and ends it.
async fn retire(
    old: Arc<Catalogue<Served>>,
    before: Vec<Ready>,
    kept: Vec<crate::plugin::Build>,
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
