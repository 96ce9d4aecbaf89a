//! The same work for several servers, in turns.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::contender::{Build, Contender};
use crate::machine::{Cores, Machine, wait_until_quiet};
use crate::report::{Format, Table, print};
use crate::server::Server;
use crate::stats::Spread;
use crate::wrk::{self, Load};

/// How to compare.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How often everybody is measured.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds for each sample.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Only contenders whose name contains this (the reference is always there); may be repeated.
    #[arg(long)]
    only: Vec<String>,
    /// Another build of shim to compare with, as NAME=FOLDER, with its plugin if there is one; may
    /// be repeated.
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

/// What the servers are asked for.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) connections: usize,
    /// See [`Load::script`].
    pub(crate) script: Option<PathBuf>,
    /// Bytes of a request's body that come back, where they are what matters.
    pub(crate) bytes: Option<usize>,
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

/// What is known of one contender at one work.
#[derive(Debug, Serialize)]
struct Row {
    work: &'static str,
    connections: usize,
    contender: String,
    requests_per_second: Spread,
    megabytes_per_second: Option<f64>,
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

impl Options {
    /// This tree's build, and the others to compare with.
    pub(crate) fn builds(&self) -> anyhow::Result<(Build, Vec<Build>)> {
        let here = Build::of_this_tree(!self.no_build)?;
        let others = self.compare.iter().map(|other| here.parse(other));
        let others = others.collect::<Result<_, _>>()?;
        Ok((here, others))
    }

    /// Measures `reference` and those of `contenders` that are wanted at each work, and prints the
    /// figures.
    pub(crate) fn compare(
        &self,
        reference: Contender,
        mut contenders: Vec<Contender>,
        works: &[Work],
    ) -> anyhow::Result<()> {
        contenders.retain(|contender| {
            let wanted = |part: &String| contender.name.contains(part.as_str());
            self.only.is_empty() || self.only.iter().any(wanted)
        });
        contenders.insert(0, reference);
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
        for work in works {
            // By contender, then by round.
            let mut samples = vec![Vec::new(); servers.len()];
            for server in &servers {
                self.sample(server, work, &cores)?;
            }
            for round in 0..self.rounds {
                for turn in 0..servers.len() {
                    let whose = (turn + round) % servers.len();
                    wait_until_quiet(Duration::from_secs(self.patience))?;
                    let sample = self.sample(&servers[whose], work, &cores)?;
                    samples[whose].push(sample);
                }
                let Work {
                    name, connections, ..
                } = work;
                eprintln!("{name}, {connections} connections, round {}", round + 1);
            }
            for (contender, of) in contenders.iter().zip(&samples) {
                rows.push(row(work, &contender.name, of, &samples[0]));
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

    fn sample(&self, server: &Server, work: &Work, cores: &Cores) -> anyhow::Result<Sample> {
        let load = Load {
            url: format!("http://{}{}", server.address, work.path),
            connections: work.connections,
            duration: Duration::from_secs(self.seconds),
            threads: cores.load_count,
            script: work.script.clone(),
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

fn row(work: &Work, name: &str, of: &[Sample], reference: &[Sample]) -> Row {
    let spread = |figure: fn(&Sample) -> f64| Spread::of(of.iter().map(figure));
    // Each sample beside the reference's of the same round: what disturbed one disturbed the other.
    let ratio = |figure: fn(&Sample) -> f64| {
        let pairs = of.iter().zip(reference);
        Spread::of(pairs.map(|(own, other)| figure(own) / figure(other)))
    };
    let requests_per_second = spread(|sample| sample.per_second);
    let megabytes = |bytes| requests_per_second.median * bytes as f64 / 1e6;
    Row {
        work: work.name,
        connections: work.connections,
        contender: name.to_owned(),
        requests_per_second,
        megabytes_per_second: work.bytes.map(megabytes),
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
        "work",
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
        let per_second = row.requests_per_second.median;
        table.push([
            row.work.to_owned(),
            row.connections.to_string(),
            row.contender.clone(),
            match row.megabytes_per_second {
                Some(megabytes) => format!("{per_second:.0} ({megabytes:.0} MB/s)"),
                None => format!("{per_second:.0}"),
            },
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
