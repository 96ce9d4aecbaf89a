//! Invocations one after the other, as many as a runtime can do.

use std::time::Duration;

use serde::Serialize;

use super::api::Until;
use super::contender::{Contender, Role};
use super::sandbox::Sandbox;
use super::{Plan, Run, in_turns};
use crate::report::Table;
use crate::stats::Spread;

/// What is left out before a sample begins, as a part of it.
const WARM_UP: f64 = 0.2;

/// One sample.
#[derive(Debug, Clone, Copy)]
struct Sample {
    per_second: f64,
    cpu_us: f64,
    p50_us: f64,
    p99_us: f64,
    gap_us: f64,
    connections: f64,
    memory_kib: f64,
    peak_kib: f64,
}

/// What is known of one contender at one work.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    work: &'static str,
    /// Cores of the bootstrap and of the API.
    cores: String,
    /// Invocations at a time.
    slots: usize,
    contender: String,
    invocations_per_second: Spread,
    /// Of hyper's and of lambda_runtime's in the same round.
    throughput_of_hyper: Option<Spread>,
    throughput_of_lambda_runtime: Option<Spread>,
    cpu_us_per_invocation: Spread,
    cpu_of_hyper: Option<Spread>,
    cpu_of_lambda_runtime: Option<Spread>,
    /// From event to answer.
    p50_us: Spread,
    p99_us: Spread,
    /// From the acknowledgement of an answer to the next question, the median.
    acknowledged_to_next_us: Spread,
    connections_per_thousand: Spread,
    memory_kib: Spread,
    peak_kib: Spread,
}

/// Measures all of `contenders` that do `run`.
pub(crate) fn measure(
    contenders: &[Contender],
    run: &Run,
    plan: &Plan,
) -> anyhow::Result<Vec<Row>> {
    if plan.rounds == 0 {
        return Ok(Vec::new());
    }
    let does = |contender: &&Contender| contender.does(run.work, run.slots);
    let contenders: Vec<_> = contenders.iter().filter(does).collect();
    let samples = in_turns(contenders.len(), plan.rounds, plan.patience, |whose| {
        sample(contenders[whose], run, plan.sample)
    })?;
    eprintln!(
        "{}, cores {}, {} at a time",
        run.work.name(),
        run.place.name(),
        run.slots
    );
    let of = |wanted: &dyn Fn(&Contender) -> bool| {
        let place = contenders.iter().position(|contender| wanted(contender));
        place.map(|place| samples[place].as_slice())
    };
    let hyper = of(&|contender| contender.role == Role::Hyper);
    let lambda_runtime = of(&|contender| contender.is_lambda_runtime());
    let both = contenders.iter().zip(&samples);
    Ok(both
        .map(|(contender, own)| row(run, &contender.name, own, hyper, lambda_runtime))
        .collect())
}

fn sample(contender: &Contender, run: &Run, time: Duration) -> anyhow::Result<Sample> {
    let mut sandbox = Sandbox::start(contender, run.work, &run.place, run.slots)?;
    sandbox.run(Until::Elapsed(time.mul_f64(WARM_UP)))?;
    let (cpu, connections) = (sandbox.cpu()?, sandbox.connections());
    let phase = sandbox.run(Until::Elapsed(time))?;
    let cpu = sandbox.cpu()?.saturating_sub(cpu);
    let connections = sandbox.connections() - connections;
    let count = phase.answers.len() as f64;
    let part = |figures: &[Duration], part: f64| {
        let mut sorted = figures.to_vec();
        sorted.sort_unstable();
        let place = (sorted.len().saturating_sub(1) as f64 * part).round();
        let figure = sorted.get(place as usize).copied();
        figure.map_or(f64::NAN, |figure| figure.as_secs_f64() * 1e6)
    };
    Ok(Sample {
        per_second: count / phase.elapsed.as_secs_f64(),
        cpu_us: cpu.as_secs_f64() * 1e6 / count,
        p50_us: part(&phase.answers, 0.5),
        p99_us: part(&phase.answers, 0.99),
        gap_us: part(&phase.gaps, 0.5),
        connections: connections as f64 * 1000.0 / count,
        memory_kib: sandbox.memory()? as f64,
        peak_kib: sandbox.peak()? as f64,
    })
}

fn row(
    run: &Run,
    name: &str,
    own: &[Sample],
    hyper: Option<&[Sample]>,
    lambda_runtime: Option<&[Sample]>,
) -> Row {
    let spread = |figure: fn(&Sample) -> f64| Spread::of(own.iter().map(figure));
    // Each sample beside the reference's of the same round: what disturbed one disturbed the other.
    let ratio = |reference: Option<&[Sample]>, figure: fn(&Sample) -> f64| {
        let pairs = own.iter().zip(reference?);
        Some(Spread::of(
            pairs.map(|(own, other)| figure(own) / figure(other)),
        ))
    };
    let per_second = |sample: &Sample| sample.per_second;
    let cpu_us = |sample: &Sample| sample.cpu_us;
    Row {
        work: run.work.name(),
        cores: run.place.name(),
        slots: run.slots,
        contender: name.to_owned(),
        invocations_per_second: spread(per_second),
        throughput_of_hyper: ratio(hyper, per_second),
        throughput_of_lambda_runtime: ratio(lambda_runtime, per_second),
        cpu_us_per_invocation: spread(cpu_us),
        cpu_of_hyper: ratio(hyper, cpu_us),
        cpu_of_lambda_runtime: ratio(lambda_runtime, cpu_us),
        p50_us: spread(|sample| sample.p50_us),
        p99_us: spread(|sample| sample.p99_us),
        acknowledged_to_next_us: spread(|sample| sample.gap_us),
        connections_per_thousand: spread(|sample| sample.connections),
        memory_kib: spread(|sample| sample.memory_kib),
        peak_kib: spread(|sample| sample.peak_kib),
    }
}

/// How much is done, and at which cost.
pub(crate) fn costs(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "work",
        "cores: bootstrap / API",
        "at a time",
        "bootstrap",
        "invocations/s",
        "of hyper [quartiles]",
        "of lambda_runtime",
        "CPU us/invocation",
        "of hyper",
        "of lambda_runtime",
    ]);
    let ratio = |spread: Option<Spread>| spread.map_or("-".to_owned(), ratio);
    for row in rows {
        table.push(row.names().into_iter().chain([
            format!("{:.0}", row.invocations_per_second.median),
            ratio(row.throughput_of_hyper),
            ratio(row.throughput_of_lambda_runtime),
            format!("{:.1}", row.cpu_us_per_invocation.median),
            ratio(row.cpu_of_hyper),
            ratio(row.cpu_of_lambda_runtime),
        ]));
    }
    table
}

/// How long it takes, and what is held for it.
pub(crate) fn times(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "work",
        "cores: bootstrap / API",
        "at a time",
        "bootstrap",
        "event to answer p50 us",
        "p99 us (least..median)",
        "ack to next p50 us",
        "connections per 1000",
        "RSS MiB",
        "peak MiB",
    ]);
    for row in rows {
        table.push(row.names().into_iter().chain([
            format!("{:.1}", row.p50_us.median),
            format!("{:.0}..{:.0}", row.p99_us.least, row.p99_us.median),
            format!("{:.1}", row.acknowledged_to_next_us.median),
            format!("{:.0}", row.connections_per_thousand.median),
            format!("{:.1}", row.memory_kib.median / 1024.0),
            format!("{:.1}", row.peak_kib.median / 1024.0),
        ]));
    }
    table
}

impl Row {
    fn names(&self) -> [String; 4] {
        let Self {
            work,
            cores,
            slots,
            contender,
            ..
        } = self;
        [
            (*work).to_owned(),
            cores.clone(),
            slots.to_string(),
            contender.clone(),
        ]
    }
}

/// The median, and the quartiles.
pub(crate) fn ratio(spread: Spread) -> String {
    let Spread {
        p25, median, p75, ..
    } = spread;
    format!("{median:.2} [{p25:.2}..{p75:.2}]")
}
