//! A program that runs for us, and is killed whatever happens.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child as Process, Command};
use tokio::task::JoinHandle;

use super::logs::Logs;

/// How long a program that was told to end may take, before it is killed.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// A running program. Killed when it is dropped.
pub(super) struct Child {
    process: Process,
    reader: JoinHandle<()>,
}

impl Child {
    /// Starts a program whose standard error is a log. What it prints is dropped.
    pub(super) fn start(mut command: Command, logs: &Logs) -> anyhow::Result<Self> {
        use anyhow::Context as _;
        logs.begins();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let program = command.as_std().get_program().to_owned();
        let process = command.spawn();
        let mut process = process.with_context(|| format!("cannot start {}", program.display()))?;
        let (logs, stderr) = (logs.clone(), process.stderr.take());
        let reader = tokio::spawn(async move {
            if let Some(stderr) = stderr {
                logs.read(stderr).await;
            }
        });
        Ok(Self { process, reader })
    }

    /// Waits for its end, which is not to be expected: its exit status, or its signal.
    pub(super) async fn ended(&mut self) -> String {
        match self.process.wait().await {
            Ok(status) => how(status),
            Err(error) => error.to_string(),
        }
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(Some(_)))
    }

    /// Kills it.
    pub(super) async fn kill(mut self) {
        // It may have ended by itself.
        let _ = self.process.kill().await;
        self.read_out().await;
    }

    /// Tells it to end, and waits until it has, and all is read that it said.
    pub(super) async fn end(mut self) {
        let pid = self.process.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::TERM);
        }
        if tokio::time::timeout(LAST_WORDS, self.process.wait())
            .await
            .is_err()
        {
            let _ = self.process.kill().await;
        }
        self.read_out().await;
    }

    /// A child of its own may hold the pipe for ever.
    async fn read_out(&mut self) {
        let reader = &mut self.reader;
        if tokio::time::timeout(LAST_WORDS, &mut *reader)
            .await
            .is_err()
        {
            reader.abort();
        }
    }
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no status".to_owned(),
    }
}
