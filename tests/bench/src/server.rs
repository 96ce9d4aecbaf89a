//! A server under test: a process of its own on cores of its own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(20);

/// How to start a server.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// The command with its arguments; `{port}` stands for the port.
    pub(crate) words: Vec<String>,
    /// The request that it answers with 200 once it is there, or [`CONNECTION`].
    pub(crate) probe: &'static str,
}

/// The probe of a server that answers on all paths, or on `/quick`.
pub(crate) const QUICK: &str = "GET /quick HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// In place of a probe: that it takes a connection is enough.
pub(crate) const CONNECTION: &str = "";

/// A running server; ended when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts `program` on `cores` and waits until it answers.
    pub(crate) fn start(
        program: &Program,
        cores: Option<&str>,
        nice: Option<i32>,
    ) -> anyhow::Result<Self> {
        let address = free_address()?;
        let port = address.port().to_string();
        let words = program
            .words
            .iter()
            .map(|word| word.replace("{port}", &port));
        let child = pinned(words, cores, nice)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {:?}", program.words))?;
        let mut server = Self { child, address };
        server.wait_until_it_answers(program)?;
        Ok(server)
    }

    fn wait_until_it_answers(&mut self, program: &Program) -> anyhow::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < START {
            if answers(self.address, program.probe).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{:?} ended: {status}", program.words);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("{:?} does not answer", program.words)
    }

    /// Stops it as an orchestrator does.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the server ended: {status}");
        Ok(())
    }

    /// The CPU time of all its threads so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu_of(self.child.id())
    }

    /// Its resident memory, in KiB.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        memory_of(self.child.id(), "VmRSS:")
    }
}

/// The CPU time of all threads of process `id` so far.
pub(crate) fn cpu_of(id: u32) -> anyhow::Result<Duration> {
    let mut total = 0;
    for task in fs::read_dir(format!("/proc/{id}/task"))? {
        // A thread that ends meanwhile takes its time with it.
        let Ok(stat) = fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        let first = stat.split_whitespace().next().unwrap_or_default();
        total += first.parse::<u64>().unwrap_or_default();
    }
    Ok(Duration::from_nanos(total))
}

/// A line of the status of process `id`, in KiB: `VmRSS:` is its resident memory.
pub(crate) fn memory_of(id: u32, what: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .with_context(|| format!("no {what}"))
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command on `cores`, with priority `nice`.
pub(crate) fn pinned(
    words: impl IntoIterator<Item = String>,
    cores: Option<&str>,
    nice: Option<i32>,
) -> Command {
    let mut all = Vec::new();
    if let Some(nice) = nice {
        all.extend(["nice".to_owned(), "-n".to_owned(), nice.to_string()]);
    }
    if let Some(cores) = cores {
        all.extend(["taskset", "-c", cores].map(str::to_owned));
    }
    all.extend(words);
    let mut words = all.into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}

fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(listener.local_addr()?)
}

fn answers(address: SocketAddr, probe: &str) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    if probe == CONNECTION {
        return Ok(());
    }
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(probe.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if !answer.starts_with(b"HTTP/1.1 200") {
        bail!("{}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}
