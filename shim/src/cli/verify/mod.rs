//! `shim verify`: the same events through plain HTTP, the Invoke API, and AWS Lambda's bootstrap.
//!
//! The real programs run as children: `shim serve` behind the first two doors, and behind the third
//! what `shim package` packs, unpacked, with Lambda's environment and a Runtime API of ours. Each
//! event goes through each door twice: what differs between two runs of one door varies by nature
//! (times, random ids) and is not compared; whatever else differs between the doors is told.
//!
//! * [`events`]: what is sent; [`function`]: to what
//! * [`served`], [`lambda`]: the doors; [`child`], [`logs`]: their processes; [`exchange`]: HTTP
//! * [`reply`]: what comes back, in one form whatever the door; [`web`]: HTTP in that form
//! * [`compare`]: what differs; [`report`]: how that is told

mod child;
mod command;
mod compare;
mod events;
mod exchange;
mod function;
mod lambda;
mod logs;
mod reply;
mod report;
mod served;
mod web;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::ArgMatches;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::compare::Verdict;
use self::events::Event;
use self::function::Function;
use self::lambda::Lambda;
use self::reply::{Run, Seen};
use self::served::Served;
use super::signals;
use crate::exit;

pub(super) use command::command;

/// How often each event goes through each door: twice tells what varies by itself.
const RUNS: usize = 2;

/// The ways to a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Http,
    Invoke,
    Lambda,
}

impl Door {
    const ALL: [Self; 3] = [Self::Http, Self::Invoke, Self::Lambda];

    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Invoke => "invoke",
            Self::Lambda => "lambda",
        }
    }
}

/// What came of one event at the doors, in their order.
struct Sent {
    event: String,
    runs: [[Run; RUNS]; 3],
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let function = Function::of(matches)?;
    let folder = matches.get_one::<String>("events");
    let events = events::read(folder.map_or("", |folder| folder).as_ref(), &function)?;
    let task_root = function.unpack()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let verdicts = runtime.block_on(async {
        let (_stop, mut stopped) = signals::stop()?;
        // What is dropped here kills its children.
        tokio::select! {
            verdicts = verify(&function, &task_root, events) => verdicts,
            _ = stopped.wait_for(Option::is_some) => bail!("stopped by a signal"),
        }
    })?;
    let report = report::Report::new(&verdicts);
    match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => super::inspect::print_json(&report)?,
        _ => super::inspect::print(&report.text())?,
    }
    Ok(match report.agree {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(exit::DATA),
    })
}

async fn verify(
    function: &Function,
    task_root: &std::path::Path,
    events: Vec<Event>,
) -> anyhow::Result<Vec<Verdict>> {
    let mut served = Served::new(function)?;
    served.start().await?;
    let mut lambda = Lambda::new(function, task_root);
    let bar = progress(events.len());
    let mut sent = Vec::with_capacity(events.len());
    for event in events {
        bar.set_message(event.name.clone());
        sent.push(Sent {
            runs: [
                [served.http(&event).await?, served.http(&event).await?],
                [served.invoke(&event).await?, served.invoke(&event).await?],
                [lambda.invoke(&event).await?, lambda.invoke(&event).await?],
            ],
            event: event.name,
        });
        bar.inc(1);
    }
    bar.set_message("logs");
    // Not before their end is it certain that all is logged.
    let (served, lambda) = tokio::join!(served.end(), lambda.end());
    bar.finish_and_clear();
    let dropped = served.dropped() + lambda.dropped();
    if dropped > 0 {
        eprintln!("warning: {dropped} log lines were too many to be kept, and are not compared");
    }
    let logs = [&served, &served, &lambda];
    let verdicts = sent.into_iter().map(|sent| {
        let doors = sent.runs.into_iter().zip(logs);
        let seen = doors.map(|(runs, logs)| runs.map(|run| run.seen(logs)));
        Verdict::new(sent.event, seen.collect())
    });
    Ok(verdicts.collect())
}

/// Progress on a terminal.
fn progress(events: usize) -> ProgressBar {
    let events = u64::try_from(events).unwrap_or(u64::MAX);
    let bar = ProgressBar::with_draw_target(Some(events), ProgressDrawTarget::stderr());
    // Without a style of ours it is a plain bar.
    if let Ok(style) = ProgressStyle::with_template("verifying {bar:40} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}
