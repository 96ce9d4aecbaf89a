//! Cold starts: from the start of a process to its first question and to its first answer.

use serde::Serialize;

use anyhow::Context as _;

use super::api::Until;
use super::contender::{Contender, Role, Size};
use super::place::Place;
use super::sandbox::Sandbox;
use super::throughput::ratio;
use super::work::Work;
use super::{Plan, in_turns};
use crate::report::Table;
use crate::stats::Spread;

/// One start.
#[derive(Debug, Clone, Copy)]
struct Start {
    next_ms: f64,
    answer_ms: f64,
    cpu_ms: f64,
    memory_kib: f64,
}

/// What is known of one contender's starts.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    contender: String,
    /// From the start of the process to the first `/next`.
    to_next_ms: Spread,
    next_of_hyper: Option<Spread>,
    next_of_lambda_runtime: Option<Spread>,
    /// To the whole first answer.
    to_answer_ms: Spread,
    answer_of_lambda_runtime: Option<Spread>,
    cpu_ms: Spread,
    memory_kib: Spread,
    memory_of_lambda_runtime: Option<Spread>,
    size: Size,
}

/// Starts everybody who answers a hello, in turns; once before, so that files are in memory.
pub(crate) fn measure(
    contenders: &[Contender],
    place: &Place,
    plan: &Plan,
) -> anyhow::Result<Vec<Row>> {
    let does = |contender: &&Contender| contender.does(Work::Hello, 1);
    let contenders: Vec<_> = contenders.iter().filter(does).collect();
    if plan.starts == 0 {
        return Ok(Vec::new());
    }
    let mut starts = in_turns(contenders.len(), plan.starts + 1, plan.patience, |whose| {
        start(contenders[whose], place)
    })?;
    eprintln!("{} cold starts", plan.starts);
    for of in &mut starts {
        of.remove(0);
    }
    let of = |wanted: &dyn Fn(&Contender) -> bool| {
        let place = contenders.iter().position(|contender| wanted(contender));
        place.map(|place| starts[place].as_slice())
    };
    let hyper = of(&|contender| contender.role == Role::Hyper);
    let lambda_runtime = of(&|contender| contender.is_lambda_runtime());
    let both = contenders.iter().zip(&starts);
    Ok(both
        .map(|(contender, own)| row(contender, own, hyper, lambda_runtime))
        .collect())
}

fn start(contender: &Contender, place: &Place) -> anyhow::Result<Start> {
    let mut sandbox = Sandbox::start(contender, Work::Hello, place, 1)?;
    let phase = sandbox.run(Until::Invocations(1))?;
    let next = phase.first_next.context("no first question")?;
    let answer = phase.first_answer.context("no first answer")?;
    let since = |then: std::time::Instant| then.duration_since(sandbox.begun).as_secs_f64() * 1e3;
    Ok(Start {
        next_ms: since(next),
        answer_ms: since(answer),
        cpu_ms: sandbox.cpu()?.as_secs_f64() * 1e3,
        memory_kib: sandbox.memory()? as f64,
    })
}

fn row(
    contender: &Contender,
    own: &[Start],
    hyper: Option<&[Start]>,
    lambda_runtime: Option<&[Start]>,
) -> Row {
    let spread = |figure: fn(&Start) -> f64| Spread::of(own.iter().map(figure));
    let ratio = |reference: Option<&[Start]>, figure: fn(&Start) -> f64| {
        let pairs = own.iter().zip(reference?);
        Some(Spread::of(
            pairs.map(|(own, other)| figure(own) / figure(other)),
        ))
    };
    Row {
        contender: contender.name.clone(),
        to_next_ms: spread(|start| start.next_ms),
        next_of_hyper: ratio(hyper, |start| start.next_ms),
        next_of_lambda_runtime: ratio(lambda_runtime, |start| start.next_ms),
        to_answer_ms: spread(|start| start.answer_ms),
        answer_of_lambda_runtime: ratio(lambda_runtime, |start| start.answer_ms),
        cpu_ms: spread(|start| start.cpu_ms),
        memory_kib: spread(|start| start.memory_kib),
        memory_of_lambda_runtime: ratio(lambda_runtime, |start| start.memory_kib),
        size: contender.size,
    }
}

/// One line for each row.
pub(crate) fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "cold start",
        "to /next ms [p10..p90]",
        "of hyper [quartiles]",
        "of lambda_runtime",
        "to first answer ms [p10..p90]",
        "of lambda_runtime",
        "CPU ms",
        "RSS MiB",
        "of lambda_runtime",
        "bootstrap bytes",
        "plugin bytes",
    ]);
    let time = |spread: Spread| {
        let Spread {
            p10, median, p90, ..
        } = spread;
        format!("{median:.2} [{p10:.2}..{p90:.2}]")
    };
    let ratio = |spread: Option<Spread>| spread.map_or("-".to_owned(), ratio);
    for row in rows {
        table.push([
            row.contender.clone(),
            time(row.to_next_ms),
            ratio(row.next_of_hyper),
            ratio(row.next_of_lambda_runtime),
            time(row.to_answer_ms),
            ratio(row.answer_of_lambda_runtime),
            format!("{:.2}", row.cpu_ms.median),
            format!("{:.1}", row.memory_kib.median / 1024.0),
            ratio(row.memory_of_lambda_runtime),
            row.size.bootstrap.to_string(),
            row.size
                .plugin
                .map_or("-".to_owned(), |bytes| bytes.to_string()),
        ]);
    }
    table
}
