//! What the process is told by signals.

use std::io::{IsTerminal as _, stderr, stdin, stdout};
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

/// A file that may not grow is an error of its write from now on; SIGXFSZ would end the process. Who has
/// listened for a signal once is not ended by it any more.
pub(super) fn survive_file_limits() -> anyhow::Result<()> {
    let number = rustix::process::Signal::XFSZ.as_raw();
    let heard = signal(SignalKind::from_raw(number)).context("cannot listen for SIGXFSZ");
    heard.map(drop)
}

/// SIGHUP: reload; or the end of the terminal that the process was started at.
pub(super) struct Hangups {
    signal: Signal,
    /// Which of the standard streams were terminals at the start.
    terminals: [bool; 3],
}

/// What a SIGHUP says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hangup {
    /// Somebody wants a reload.
    Reload,
    /// The terminal is gone, and whoever sat there: stop.
    TerminalClosed,
}

impl Hangups {
    /// Listens from now on.
    pub(super) fn listen() -> anyhow::Result<Self> {
        let signal = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
        Ok(Self {
            signal,
            terminals: terminals(),
        })
    }

    /// The next one; `None`: there are none any more.
    pub(super) async fn next(&mut self) -> Option<Hangup> {
        self.signal.recv().await?;
        // A terminal that was closed is none any more.
        let closed = self
            .terminals
            .iter()
            .zip(terminals())
            .any(|(was, is)| *was && !is);
        Some(if closed {
            Hangup::TerminalClosed
        } else {
            Hangup::Reload
        })
    }
}

/// Which of the standard streams are terminals.
fn terminals() -> [bool; 3] {
    [
        stdin().is_terminal(),
        stdout().is_terminal(),
        stderr().is_terminal(),
    ]
}
