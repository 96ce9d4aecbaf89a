//! A runtime's process in the environment that Lambda gives it, and the API that it talks to.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::thread::{CpuSet, sched_setaffinity};

use super::api::{Api, Phase, Until};
use super::contender::Contender;
use super::place::Place;
use super::work::Work;
use crate::machine::read;
use crate::server::{cpu_of, memory_of};

/// A running bootstrap; ended when dropped.
#[derive(Debug)]
pub(crate) struct Sandbox {
    api: Api,
    child: Child,
    log: std::path::PathBuf,
    /// Right before the process was started.
    pub(crate) begun: Instant,
}

impl Sandbox {
    /// Starts `contender`'s bootstrap for `work` at `place`, with so many `slots` (one: an ordinary
    /// function). The thread that calls becomes the API's.
    pub(crate) fn start(
        contender: &Contender,
        work: Work,
        place: &Place,
        slots: usize,
    ) -> anyhow::Result<Self> {
        let api = Api::new(work, slots)?;
        let log = contender.root.with_extension("log");
        let output = File::create(&log).context("cannot create a log")?;
        let mut command = Command::new(contender.root.join("bootstrap"));
        command
            .current_dir(&contender.root)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.address()?.to_string())
            .env(
                "_HANDLER",
                format!("bench_plugin.{}", contender.handler(work)),
            )
            .env("LAMBDA_TASK_ROOT", &contender.root)
            .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench")
            .env(
                "AWS_LAMBDA_LOG_STREAM_NAME",
                "2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef",
            )
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_REGION", "eu-central-1")
            .env("LANG", "en_US.UTF-8")
            .env("TZ", ":UTC")
            .env("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        if slots > 1 {
            command
                .env("AWS_LAMBDA_MAX_CONCURRENCY", slots.to_string())
                .env("AWS_LAMBDA_INITIALIZATION_TYPE", "lambda-managed-instances");
        }
        // A child runs where its parent did when it was started: no other program in between.
        pin(&place.bootstrap)?;
        let begun = Instant::now();
        let child = command.spawn();
        pin(&place.api)?;
        let child = child.with_context(|| format!("cannot start {}", contender.name))?;
        Ok(Self {
            api,
            child,
            log,
            begun,
        })
    }

    /// See [`Api::run`].
    pub(crate) fn run(&mut self, until: Until) -> anyhow::Result<Phase> {
        let child = &mut self.child;
        let alive = || match child.try_wait()? {
            Some(status) => bail!("the bootstrap ended: {status}"),
            None => Ok(()),
        };
        self.api.run(until, alive).with_context(|| {
            let log = read(&self.log.to_string_lossy()).unwrap_or_default();
            let end = log.lines().rev().take(10).collect::<Vec<_>>();
            let end: Vec<_> = end.into_iter().rev().collect();
            format!("{}, which logged: {}", self.log.display(), end.join("\n"))
        })
    }

    /// How many connections it has opened so far.
    pub(crate) fn connections(&self) -> u64 {
        self.api.opened
    }

    /// CPU time of all its threads so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu_of(self.child.id())
    }

    /// Its resident memory now, in KiB.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        memory_of(self.child.id(), "VmRSS:")
    }

    /// The most resident memory that it has had, in KiB.
    pub(crate) fn peak(&self) -> anyhow::Result<u64> {
        memory_of(self.child.id(), "VmHWM:")
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps this thread, and the processes that it starts, on `cores`.
fn pin(cores: &[usize]) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    cores.iter().for_each(|core| set.set(*core));
    sched_setaffinity(None, &set).with_context(|| format!("cannot run on cores {cores:?}"))
}
