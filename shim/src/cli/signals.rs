//! What the process is told by signals.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::exit;

/// When the stop began; `None` until then.
pub(super) type Stop = Option<Instant>;

/// Listens for SIGTERM and SIGINT: the first stops, the second aborts.
pub(super) fn stop() -> anyhow::Result<(Arc<watch::Sender<Stop>>, watch::Receiver<Stop>)> {
    let (stop, stopped) = watch::channel(None);
    let stop = Arc::new(stop);
    let mut term = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut int = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let sender = stop.clone();
    tokio::spawn(async move {
        for number in 1.. {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
            if number > 1 {
                exit::abort("a second signal: aborting");
            }
            sender.send_replace(Some(Instant::now()));
        }
    });
    Ok((stop, stopped))
}

/// Listens for SIGHUP: reload.
pub(super) fn hangups() -> anyhow::Result<Signal> {
    signal(SignalKind::hangup()).context("cannot listen for SIGHUP")
}
