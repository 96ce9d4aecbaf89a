//! Which cores are whose, and when the machine is quiet enough.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;

/// The cores of the server and those of the load generator; no pinning on fewer than two.
#[derive(Debug, Clone)]
pub(crate) struct Cores {
    pub(crate) server: Option<String>,
    pub(crate) load: Option<String>,
    /// How many cores the load generator has.
    pub(crate) load_count: usize,
}

impl Cores {
    /// Half of the cores for each; all for both on one core.
    pub(crate) fn halves() -> anyhow::Result<Self> {
        let cores = std::thread::available_parallelism()?.get();
        if cores < 2 {
            return Ok(Self::any());
        }
        let half = cores / 2;
        Ok(Self {
            server: Some(format!("0-{}", half - 1)),
            load: Some(format!("{half}-{}", cores - 1)),
            load_count: cores - half,
        })
    }

    /// Any core for both.
    pub(crate) fn any() -> Self {
        Self {
            server: None,
            load: None,
            load_count: 1,
        }
    }

    /// The first core for both.
    pub(crate) fn one() -> Self {
        Self {
            server: Some("0".to_owned()),
            load: Some("0".to_owned()),
            load_count: 1,
        }
    }
}

/// What is said of the machine beside the figures.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) cpu: String,
    pub(crate) kernel: String,
    pub(crate) load_average: String,
}

impl Machine {
    pub(crate) fn look() -> anyhow::Result<Self> {
        let cpus = read("/proc/cpuinfo")?;
        let model = cpus
            .lines()
            .find_map(|line| line.strip_prefix("model name"));
        let model = model.and_then(|line| line.split_once(": "));
        Ok(Self {
            cores: std::thread::available_parallelism()?.get(),
            cpu: model.map_or_else(String::new, |(_, name)| name.to_owned()),
            kernel: read("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            load_average: read("/proc/loadavg")?.trim().to_owned(),
        })
    }
}

/// Others may use so much of a core while a sample is taken.
const QUIET: f64 = 0.5;

/// Waits, at most `limit`, until the machine is quiet; how many cores others use then.
pub(crate) fn wait_until_quiet(limit: Duration) -> anyhow::Result<f64> {
    let begun = Instant::now();
    loop {
        let busy = busy_cores(Duration::from_millis(200))?;
        if busy < QUIET || begun.elapsed() > limit {
            return Ok(busy);
        }
    }
}

/// How many cores were used during `pause`, time stolen by the hypervisor included.
fn busy_cores(pause: Duration) -> anyhow::Result<f64> {
    let (busy_before, all_before) = ticks()?;
    std::thread::sleep(pause);
    let (busy, all) = ticks()?;
    let cores = std::thread::available_parallelism()?.get() as f64;
    let all = (all - all_before).max(1) as f64;
    Ok((busy - busy_before) as f64 / all * cores)
}

fn ticks() -> anyhow::Result<(u64, u64)> {
    let stat = read("/proc/stat")?;
    let first = stat.lines().next().unwrap_or_default();
    let ticks: Vec<u64> = first
        .split_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|ticks| ticks.parse().ok())
        .collect();
    let all: u64 = ticks.iter().sum();
    let idle: u64 = ticks.iter().skip(3).take(2).sum();
    Ok((all - idle, all))
}

pub(crate) fn read(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))
}
