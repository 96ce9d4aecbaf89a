//! `shim doctor`: what in this environment will bite.

mod command;
mod report;

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ArgMatches;

use super::inspect::{print, print_json};
use crate::doctor::{CHECKS, Here, Verdict};
use crate::exit;
use report::{Item, Report};

pub(super) use command::command;

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let json = matches
        .get_one::<String>("output")
        .is_some_and(|format| format == "json");
    if matches.get_flag("list") {
        match json {
            true => print_json(&report::list())?,
            false => print(&report::list_text())?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let here = Here::of_process().context("cannot tell where this process is")?;
    let only: Option<Vec<_>> = matches
        .get_many::<String>("only")
        .map(|names| names.map(String::as_str).collect());
    let checks = CHECKS.iter().filter(|check| {
        let only = only.as_ref();
        only.is_none_or(|only| only.contains(&check.name))
    });
    let mut report = Report::default();
    let colours = !json && colours(&here);
    for check in checks {
        for finding in check.findings(&here) {
            let item = Item::new(check.name, finding);
            if !json {
                // One by one: some take their time.
                print(&item.text(colours))?;
            }
            report.add(item);
        }
    }
    match json {
        true => print_json(&report)?,
        false => print(&report.sum(colours))?,
    }
    Ok(match report.worst() {
        Verdict::Fail => ExitCode::from(exit::CHECK_FAILED),
        Verdict::Ok | Verdict::Warn => ExitCode::SUCCESS,
    })
}

/// Only on a terminal, and not where `NO_COLOR` is set.
fn colours(here: &Here) -> bool {
    here.variables.get("NO_COLOR").is_none() && io::stdout().is_terminal()
}
