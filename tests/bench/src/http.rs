//! `http`: a hello, served by everybody, in turns.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::contender::{Build, Contender, reference};
use crate::machine::{Cores, Machine, wait_until_quiet};
use crate::report::{Format, Table, print};
use crate::server::Server;
use crate::stats::Spread;
use crate::wrk::{self, Load};

/// Compare the shim with hyper, each serving thirteen bytes.
#[derive(Debug, Args)]
pub(crate) struct Http {
    /// How often everybody is measured.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Connections; several with commas between.
    #[arg(long, value_delimiter = ',', default_value = "1,64,256")]
    connections: Vec<usize>,
    /// Seconds for each sample.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Only contenders whose name contains this (the reference is always there); may be repeated.
    #[arg(long)]
    only: Vec<String>,
    /// Another build of shim and plugin to compare with, as NAME=FOLDER; may be repeated.
    #[arg(long, value_name = "NAME=FOLDER")]
    compare: Vec<String>,
    /// Seconds to wait for a quiet machine before each sample.
    #[arg(long, default_value_t = 4)]
    patience: u64,
    /// Priority of servers and load generators, as nice has it.
    #[arg(long, allow_hyphen_values = true)]
    nice: Option<i32>,
    /// Server and load generator share one core: the length of the code's path, without the cost
    /// of waking another core.
    #[arg(long)]
    same_core: bool,
    /// Take shim and plugin as they were built last.
    #[arg(long)]
    no_build: bool,
    /// How to print the figures.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// One sample.
#[derive(Debug, Clone, Copy)]
struct Sample {
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
    cpu_us: f64,
    memory_kib: f64,
}

/// What is known of one contender at one number of connections.
#[derive(Debug, Serialize)]
struct Row {
    connections: usize,
    contender: String,
    requests_per_second: Spread,
    throughput_ratio: Spread,
    cpu_us_per_request: Spread,
    cpu_ratio: Spread,
    p50_us: Spread,
    p99_us: Spread,
    memory_kib: Spread,
}

#[derive(Debug, Serialize)]
struct Results {
    machine: Machine,
    rounds: usize,
    seconds: u64,
    rows: Vec<Row>,
}

impl Http {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let contenders = self.contenders()?;
        let mut cores = Cores::halves()?;
        if self.same_core {
            cores = Cores::one();
        }
        let mut servers = Vec::new();
        for contender in &contenders {
            servers.push(Server::start(
                &contender.program,
                cores.server.as_deref(),
                self.nice,
            )?);
        }
        let machine = Machine::look()?;
        let mut rows = Vec::new();
        for &connections in &self.connections {
            // By contender, then by round.
            let mut samples = vec![Vec::new(); servers.len()];
            for server in &servers {
                self.sample(server, connections, &cores)?;
            }
            for round in 0..self.rounds {
                for turn in 0..servers.len() {
                    let whose = (turn + round) % servers.len();
                    wait_until_quiet(Duration::from_secs(self.patience))?;
                    let sample = self.sample(&servers[whose], connections, &cores)?;
                    samples[whose].push(sample);
                }
                eprintln!("{connections} connections, round {}", round + 1);
            }
            for (contender, of) in contenders.iter().zip(&samples) {
                rows.push(row(connections, &contender.name, of, &samples[0]));
            }
        }
        let results = Results {
            machine,
            rounds: self.rounds,
            seconds: self.seconds,
            rows,
        };
        print(self.output, &results, &table(&results))
    }

    fn contenders(&self) -> anyhow::Result<Vec<Contender>> {
        let quiet = ["--log-level", "warn"];
        let here = Build::of_this_tree(!self.no_build)?;
        let mut all = vec![
            here.contender("shim async", "hello", &[]),
            here.contender("shim async, log warn", "hello", &quiet),
            here.contender("shim plain fn", "hello_plain", &[]),
            here.contender("shim spawned", "hello", &["--placement", "spawned"]),
            reference("hyper per core", true)?,
        ];
        for other in &self.compare {
            let other = Build::parse(other)?;
            all.push(other.contender("shim async", "hello", &[]));
            all.push(other.contender("shim async, log warn", "hello", &quiet));
        }
        all.retain(|contender| {
            let wanted = |part: &String| contender.name.contains(part.as_str());
            self.only.is_empty() || self.only.iter().any(wanted)
        });
        all.insert(0, reference("hyper", false)?);
        Ok(all)
    }

    fn sample(&self, server: &Server, connections: usize, cores: &Cores) -> anyhow::Result<Sample> {
        let load = Load {
            url: format!("http://{}/", server.address),
            connections,
            duration: Duration::from_secs(self.seconds),
            threads: cores.load_count,
        };
        let before = server.cpu()?;
        let figures = wrk::start(&load, cores, self.nice)?.finish()?;
        let cpu = server.cpu()?.saturating_sub(before);
        Ok(Sample {
            per_second: figures.per_second,
            p50_us: figures.p50_us,
            p99_us: figures.p99_us,
            cpu_us: cpu.as_secs_f64() * 1e6 / figures.requests as f64,
            memory_kib: server.memory()? as f64,
        })
    }
}

fn row(connections: usize, name: &str, of: &[Sample], reference: &[Sample]) -> Row {
    let spread = |figure: fn(&Sample) -> f64| Spread::of(of.iter().map(figure));
    // Each sample beside the reference's of the same round: what disturbed one disturbed the other.
    let ratio = |figure: fn(&Sample) -> f64| {
        let pairs = of.iter().zip(reference);
        Spread::of(pairs.map(|(own, other)| figure(own) / figure(other)))
    };
    Row {
        connections,
        contender: name.to_owned(),
        requests_per_second: spread(|sample| sample.per_second),
        throughput_ratio: ratio(|sample| sample.per_second),
        cpu_us_per_request: spread(|sample| sample.cpu_us),
        cpu_ratio: ratio(|sample| sample.cpu_us),
        p50_us: spread(|sample| sample.p50_us),
        p99_us: spread(|sample| sample.p99_us),
        memory_kib: spread(|sample| sample.memory_kib),
    }
}

fn table(results: &Results) -> Table {
    let mut table = Table::new(&[
        "connections",
        "server",
        "requests/s",
        "ratio [quartiles]",
        "CPU us/request",
        "ratio [quartiles]",
        "p50 us",
        "p99 us (least..median)",
        "RSS MiB",
    ]);
    for row in &results.rows {
        let ratio = |spread: Spread| {
            let Spread {
                p25, median, p75, ..
            } = spread;
            format!("{median:.3} [{p25:.2}..{p75:.2}]")
        };
        table.push([
            row.connections.to_string(),
            row.contender.clone(),
            format!("{:.0}", row.requests_per_second.median),
            ratio(row.throughput_ratio),
            format!("{:.2}", row.cpu_us_per_request.median),
            ratio(row.cpu_ratio),
            format!("{:.0}", row.p50_us.median),
            format!("{:.0}..{:.0}", row.p99_us.least, row.p99_us.median),
            format!("{:.1}", row.memory_kib.median / 1024.0),
        ]);
    }
    table
}
