//! The load generator.

use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::machine::Cores;
use crate::server::pinned;

/// What to do to whom.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) url: String,
    pub(crate) connections: usize,
    pub(crate) duration: Duration,
    pub(crate) threads: usize,
    /// A script for wrk that says what is sent; without it, a GET.
    pub(crate) script: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) requests: u64,
    pub(crate) per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) longest_us: f64,
}

/// A load generator at work.
#[derive(Debug)]
pub(crate) struct Running(Child);

/// Starts `wrk`.
pub(crate) fn start(load: &Load, cores: &Cores, nice: Option<i32>) -> anyhow::Result<Running> {
    let threads = load.threads.min(load.connections).max(1);
    let mut words = vec![
        "wrk".to_owned(),
        "--latency".to_owned(),
        format!("-t{threads}"),
        format!("-c{}", load.connections),
        format!("-d{}s", load.duration.as_secs().max(1)),
    ];
    if let Some(script) = &load.script {
        words.extend(["-s".to_owned(), script.to_string_lossy().into_owned()]);
    }
    words.push(load.url.clone());
    let child = pinned(words, cores.load.as_deref(), nice)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start wrk (on Debian: apt install wrk)")?;
    Ok(Running(child))
}

impl Running {
    /// Waits for its end.
    pub(crate) fn finish(self) -> anyhow::Result<Figures> {
        let output = self.0.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            bail!("wrk: {}", String::from_utf8_lossy(&output.stderr));
        }
        if text.contains("Non-2xx") || text.contains("Socket errors") {
            bail!("not all requests were answered:\n{text}");
        }
        parse(&text).with_context(|| format!("wrk said:\n{text}"))
    }
}

fn parse(text: &str) -> Option<Figures> {
    let after = |start: &str| {
        let line = text.lines().map(str::trim);
        line.filter_map(|line| line.strip_prefix(start))
            .find(|rest| rest.contains(|c: char| c.is_ascii_digit()))
    };
    let requests = text.lines().find(|line| line.contains(" requests in "))?;
    Some(Figures {
        requests: requests.split_whitespace().next()?.parse().ok()?,
        per_second: after("Requests/sec:")?.trim().parse().ok()?,
        p50_us: micros(after("50%")?.trim())?,
        p99_us: micros(after("99%")?.trim())?,
        longest_us: micros(after("Latency ")?.split_whitespace().nth(2)?)?,
    })
}

fn micros(text: &str) -> Option<f64> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(at);
    let factor = match unit {
        "us" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        "m" => 60e6,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn what_wrk_prints_is_read() {
        let text = "Running 2s test @ http://127.0.0.1:1/\n  2 threads and 64 connections\n  \
                    Thread Stats   Avg      Stdev     Max   +/- Stdev\n    \
                    Latency   532.68us  302.08us   9.31ms   88.18%\n    \
                    Req/Sec    59.22k     3.32k   65.51k    70.00%\n  Latency Distribution\n     \
                    50%  477.00us\n     75%  604.00us\n     90%  824.00us\n     99%    1.58ms\n  \
                    235821 requests in 2.01s, 20.02MB read\nRequests/sec: 117425.37\n\
                    Transfer/sec:      9.97MB\n";
        let figures = parse(text).unwrap();
        assert_eq!(figures.requests, 235_821);
        assert_eq!((figures.p50_us, figures.p99_us), (477.0, 1580.0));
        assert_eq!(figures.longest_us, 9310.0);
        assert_eq!(figures.per_second, 117_425.37);
    }
}
