//! `placement`: where handlers run, under a mix of quick, waiting and busy requests.

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::contender::{Build, Contender};
use crate::machine::{Cores, Machine, wait_until_quiet};
use crate::pest;
use crate::report::{Format, Table, print};
use crate::server::Server;
use crate::stats::Spread;
use crate::wrk::{self, Figures, Load};

/// Compare the placement policies while one web handler is quick, waits, computes and blocks.
#[derive(Debug, Args)]
pub(crate) struct Placement {
    /// How often each policy is measured.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// The policies; several with commas between.
    #[arg(long, value_delimiter = ',', default_value = "adaptive,inline,spawned")]
    placement: Vec<String>,
    /// Connections that ask for /quick.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Seconds for each sample.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Only these mixes; may be repeated.
    #[arg(long, value_enum)]
    only: Vec<Mix>,
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
    /// Take shim and plugin as they were built last.
    #[arg(long)]
    no_build: bool,
    /// How to print the figures.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// What goes on beside the quick requests. `/busy` and `/block` hold their thread for 50 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Mix {
    /// Nothing.
    Quick,
    /// 32 connections wait for a timer.
    Io,
    /// One busy request twice a second: the handler is quick otherwise.
    RareBusy,
    /// One connection is busy without a pause.
    Busy,
    /// Four connections sleep without giving their threads back.
    Block,
    /// All of it: 32 that wait, one that computes, two that sleep.
    All,
}

impl Mix {
    /// Path, connections, and the pause between two requests of a connection.
    fn others(self) -> &'static [(&'static str, usize, u64)] {
        match self {
            Self::Quick => &[],
            Self::Io => &[("/io", 32, 0)],
            Self::RareBusy => &[("/busy", 1, 500)],
            Self::Busy => &[("/busy", 1, 0)],
            Self::Block => &[("/block", 4, 0)],
            Self::All => &[("/io", 32, 0), ("/busy", 1, 0), ("/block", 2, 0)],
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    quick: Figures,
    /// Answers to all other requests, a second.
    others: f64,
}

#[derive(Debug, Serialize)]
struct Row {
    mix: Mix,
    contender: String,
    quick_per_second: Spread,
    quick_ratio: Spread,
    quick_p50_us: Spread,
    quick_p99_us: Spread,
    quick_longest_us: Spread,
    others_per_second: Spread,
}

#[derive(Debug, Serialize)]
struct Results {
    machine: Machine,
    rounds: usize,
    seconds: u64,
    rows: Vec<Row>,
}

impl Placement {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let contenders = self.contenders()?;
        let cores = Cores::halves()?;
        let machine = Machine::look()?;
        let mixes: Vec<Mix> = match self.only.as_slice() {
            [] => Mix::value_variants().to_vec(),
            some => some.to_vec(),
        };
        let mut rows = Vec::new();
        for mix in mixes {
            let mut samples = vec![Vec::new(); contenders.len()];
            for round in 0..self.rounds {
                for turn in 0..contenders.len() {
                    let whose = (turn + round) % contenders.len();
                    let sample = self.sample(&contenders[whose], mix, &cores)?;
                    samples[whose].push(sample);
                }
                eprintln!("{mix:?}, round {}", round + 1);
            }
            for (contender, of) in contenders.iter().zip(&samples) {
                rows.push(row(mix, &contender.name, of, &samples[0]));
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
        let here = Build::of_this_tree(!self.no_build)?;
        let others = self.compare.iter().map(|other| here.parse(other));
        let mut builds = others.collect::<Result<Vec<_>, _>>()?;
        builds.insert(0, here);
        let mut all = Vec::new();
        for build in &builds {
            for policy in &self.placement {
                all.push(build.contender(policy, "mix", &["--placement", policy]));
            }
        }
        Ok(all)
    }

    /// A fresh server, so that nothing is known of the handler; the first second is warm-up, in
    /// which a policy may learn.
    fn sample(&self, contender: &Contender, mix: Mix, cores: &Cores) -> anyhow::Result<Sample> {
        let server = Server::start(&contender.program, cores.server.as_deref(), self.nice)?;
        wait_until_quiet(Duration::from_secs(self.patience))?;
        let seconds = Duration::from_secs(self.seconds);
        let mut others = Vec::new();
        for &(path, connections, pause) in mix.others() {
            let pause = Duration::from_millis(pause);
            let address = server.address;
            let pests = pest::Load {
                address,
                path,
                connections,
                pause,
                duration: seconds + Duration::from_secs(1),
            };
            others.push(pest::start(&pests, cores, self.nice)?);
        }
        let quick = Load {
            url: format!("http://{}/quick", server.address),
            connections: self.connections,
            duration: Duration::from_secs(1),
            threads: 1,
            script: None,
        };
        wrk::start(&quick, cores, self.nice)?.finish()?;
        let measured = Load {
            duration: seconds,
            ..quick
        };
        let quick = wrk::start(&measured, cores, self.nice)?.finish()?;
        let mut answers = 0.0;
        for running in others {
            answers += running.finish()?;
        }
        let seconds = self.seconds as f64 + 1.0;
        Ok(Sample {
            quick,
            others: answers / seconds,
        })
    }
}

fn row(mix: Mix, name: &str, of: &[Sample], first: &[Sample]) -> Row {
    let spread = |figure: fn(&Sample) -> f64| Spread::of(of.iter().map(figure));
    let pairs = of.iter().zip(first);
    Row {
        mix,
        contender: name.to_owned(),
        quick_per_second: spread(|sample| sample.quick.per_second),
        quick_ratio: Spread::of(
            pairs.map(|(own, other)| own.quick.per_second / other.quick.per_second),
        ),
        quick_p50_us: spread(|sample| sample.quick.p50_us),
        quick_p99_us: spread(|sample| sample.quick.p99_us),
        quick_longest_us: spread(|sample| sample.quick.longest_us),
        others_per_second: spread(|sample| sample.others),
    }
}

fn table(results: &Results) -> Table {
    let mut table = Table::new(&[
        "mix",
        "placement",
        "/quick a second",
        "ratio [quartiles]",
        "p50 us",
        "p99 us (least..median)",
        "longest us",
        "others a second",
    ]);
    for row in &results.rows {
        let mix = row.mix.to_possible_value();
        let ratio = row.quick_ratio;
        table.push([
            mix.map_or_else(String::new, |mix| mix.get_name().to_owned()),
            row.contender.clone(),
            format!("{:.0}", row.quick_per_second.median),
            format!("{:.3} [{:.2}..{:.2}]", ratio.median, ratio.p25, ratio.p75),
            format!("{:.0}", row.quick_p50_us.median),
            format!(
                "{:.0}..{:.0}",
                row.quick_p99_us.least, row.quick_p99_us.median
            ),
            format!("{:.0}", row.quick_longest_us.median),
            format!("{:.0}", row.others_per_second.median),
        ]);
    }
    table
}
