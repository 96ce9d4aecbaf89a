//! Requests that disturb others: each connection asks, waits for the answer, pauses, asks again.
//!
//! A process of its own, so that it can be pinned beside the load generator.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::machine::Cores;
use crate::server::pinned;

/// Whom to ask for what.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) path: &'a str,
    pub(crate) connections: usize,
    pub(crate) pause: Duration,
    pub(crate) duration: Duration,
}

/// The process at work.
#[derive(Debug)]
pub(crate) struct Running(Child);

/// Starts the process.
pub(crate) fn start(load: &Load<'_>, cores: &Cores, nice: Option<i32>) -> anyhow::Result<Running> {
    let own = std::env::current_exe().context("where am I")?;
    let words = [
        own.to_string_lossy().into_owned(),
        "pest".to_owned(),
        load.address.to_string(),
        load.path.to_owned(),
        load.connections.to_string(),
        load.pause.as_millis().to_string(),
        load.duration.as_millis().to_string(),
    ];
    let child = pinned(words, cores.load.as_deref(), nice)
        .stdout(Stdio::piped())
        .spawn()?;
    Ok(Running(child))
}

impl Running {
    /// Waits for its end; how many answers there were.
    pub(crate) fn finish(self) -> anyhow::Result<f64> {
        let output = self.0.wait_with_output()?;
        ensure!(output.status.success(), "a disturbing client failed");
        Ok(String::from_utf8(output.stdout)?.trim().parse()?)
    }
}

/// What the process does; tells how many answers there were.
pub(crate) fn run(load: &Load<'_>) -> anyhow::Result<usize> {
    let request = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", load.path);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..load.connections)
            .map(|_| scope.spawn(|| client(load, request.as_bytes())))
            .collect();
        let ends = clients.into_iter().map(|client| client.join().ok());
        ends.map(|end| end.context("a client panicked")?).sum()
    })
}

fn client(load: &Load<'_>, request: &[u8]) -> anyhow::Result<usize> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(load.address)?;
    stream.set_nodelay(true)?;
    let mut buffer = [0; 4096];
    let mut answers = 0;
    while begun.elapsed() < load.duration {
        stream.write_all(request)?;
        // The answers are short: one segment each.
        let length = stream.read(&mut buffer)?;
        ensure!(buffer[..length].starts_with(b"HTTP/1.1 200"), "no answer");
        answers += 1;
        std::thread::sleep(load.pause);
    }
    Ok(answers)
}
