//! `lambda`: bootstraps beside each other, fed by one Runtime API server, in turns.

mod api;
mod cold;
mod connection;
mod contender;
mod place;
mod sandbox;
mod throughput;
mod work;

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use rustix::process::{Resource, getrlimit, nice, setrlimit};
use serde::Serialize;
use tempfile::TempDir;

use crate::machine::{Machine, wait_until_quiet};
use crate::report::{Format, print_all};
use contender::{Contender, Files, Target};
use place::{Cores, Place};
use work::Work;

/// Compare the bootstrap with lambda_runtime, a hyper loop and a blocking socket, each fed by the
/// same Runtime API.
#[derive(Debug, Args)]
pub(crate) struct Lambda {
    /// What functions do; several with commas between.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "hello,json-1k,echo-1m,event-5m,url"
    )]
    work: Vec<Work>,
    /// How cores are shared; several with commas between.
    #[arg(long, value_delimiter = ',', default_value = "same,cross")]
    cores: Vec<Cores>,
    /// How often everybody is measured; 0 for cold starts only.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds for each sample.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// How many cold starts of everybody are measured; 0 for none.
    #[arg(long, default_value_t = 20)]
    starts: usize,
    /// Invocations at a time in a sandbox of a managed instance; 1 for no such measurement.
    #[arg(long, default_value_t = 8)]
    slots: usize,
    /// Only contenders whose name contains this; may be repeated.
    #[arg(long)]
    only: Vec<String>,
    /// Another build of bootstrap and plugin to compare with, as NAME=FOLDER; may be repeated.
    #[arg(long, value_name = "NAME=FOLDER")]
    compare: Vec<String>,
    /// Seconds to wait for a quiet machine before each sample.
    #[arg(long, default_value_t = 4.0)]
    patience: f64,
    /// Priority of bootstraps and API, as nice has it.
    #[arg(long, allow_hyphen_values = true)]
    nice: Option<i32>,
    /// Take bootstraps and plugin as they were built last.
    #[arg(long)]
    no_build: bool,
    /// Everything once and briefly, to see that it works; the figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// How to print the figures.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// What is measured in turns, and how thoroughly.
#[derive(Debug)]
struct Plan {
    rounds: usize,
    sample: Duration,
    starts: usize,
    patience: Duration,
}

/// A work done in one way.
#[derive(Debug)]
struct Run {
    work: Work,
    place: Place,
    slots: usize,
}

#[derive(Debug, Serialize)]
struct Results {
    machine: Machine,
    rounds: usize,
    seconds: f64,
    rows: Vec<throughput::Row>,
    starts: Vec<cold::Row>,
}

impl Lambda {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let plan = self.plan();
        let runs = self.runs()?;
        let here = Place {
            bootstrap: vec![0],
            api: vec![0],
        };
        let folder = TempDir::new().context("no temporary folder")?;
        let contenders = self.contenders(&folder)?;
        if let Some(increment) = self.nice {
            nice(increment).context("cannot take that priority")?;
        }
        // A runtime may keep many connections.
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        setrlimit(Resource::Nofile, limit)?;

        let machine = Machine::look()?;
        let mut rows = Vec::new();
        for run in &runs {
            rows.extend(throughput::measure(&contenders, run, &plan)?);
        }
        let starts = cold::measure(&contenders, &here, &plan)?;
        let results = Results {
            machine,
            rounds: plan.rounds,
            seconds: plan.sample.as_secs_f64(),
            rows,
            starts,
        };
        let Results { rows, starts, .. } = &results;
        let tables = [
            throughput::costs(rows),
            throughput::times(rows),
            cold::table(starts),
        ];
        print_all(self.output, &results, &tables)
    }

    fn plan(&self) -> Plan {
        if self.quick {
            return Plan {
                rounds: 1,
                sample: Duration::from_millis(50),
                starts: self.starts.min(2),
                patience: Duration::ZERO,
            };
        }
        Plan {
            rounds: self.rounds,
            sample: Duration::from_secs_f64(self.seconds),
            starts: self.starts,
            patience: Duration::from_secs_f64(self.patience),
        }
    }

    /// Everything on one core; what is small across cores, too; a hello in many slots.
    fn runs(&self) -> anyhow::Result<Vec<Run>> {
        let mut runs = Vec::new();
        for cores in &self.cores {
            for &work in &self.work {
                let small = matches!(work, Work::Hello | Work::Json1k);
                if *cores == Cores::Same || small {
                    runs.push(Run {
                        work,
                        place: cores.place()?,
                        slots: 1,
                    });
                }
            }
        }
        if self.slots > 1 && self.work.contains(&Work::Hello) {
            runs.push(Run {
                work: Work::Hello,
                place: Place::two()?,
                slots: self.slots,
            });
        }
        Ok(runs)
    }

    fn contenders(&self, folder: &TempDir) -> anyhow::Result<Vec<Contender>> {
        let target = Target::new(!self.no_build)?;
        let mut builds = vec![target.files()];
        for other in &self.compare {
            builds.push(Files::parse(other)?);
        }
        let mut contenders = target.stage(folder.path(), &builds)?;
        contenders.retain(|contender| {
            let wanted = |part: &String| contender.name.contains(part.as_str());
            self.only.is_empty() || self.only.iter().any(wanted)
        });
        Ok(contenders)
    }
}

/// Does `measure` for each of `count` contenders in each round, in an order that rotates, on a
/// thread of its own, whose cores are its own; by contender, then by round.
fn in_turns<S: Send>(
    count: usize,
    rounds: usize,
    patience: Duration,
    measure: impl Fn(usize) -> anyhow::Result<S> + Sync,
) -> anyhow::Result<Vec<Vec<S>>> {
    let mut samples: Vec<Vec<S>> = (0..count).map(|_| Vec::new()).collect();
    for round in 0..rounds {
        for turn in 0..count {
            let whose = (turn + round) % count;
            if !patience.is_zero() {
                wait_until_quiet(patience)?;
            }
            let sample = std::thread::scope(|scope| scope.spawn(|| measure(whose)).join());
            let sample = sample.ok().context("a measurement panicked")??;
            samples[whose].push(sample);
        }
    }
    Ok(samples)
}
