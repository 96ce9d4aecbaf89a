//! The command line: one file per command.

mod command;
mod generate;
mod inspect;
mod serve;

use anyhow::Context as _;
use clap::ArgMatches;

use crate::config::{self, Environment, Given};
use crate::observe;
use crate::plugin::preflight;

pub use command::command;

/// Runs what was asked for.
///
/// # Errors
/// Whatever kept it from being done; [`crate::exit`] knows the exit code.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    match matches.subcommand() {
        Some(("inspect", matches)) => inspect::run(matches),
        Some(("generate", matches)) => generate::run(matches),
        Some(("serve", matches)) => serve_or_info(matches),
        _ => serve_or_info(matches),
    }
}

fn serve_or_info(matches: &ArgMatches) -> anyhow::Result<()> {
    let environment = Environment::of_process();
    let given = given(matches, &environment);
    if matches.get_flag("info") {
        let file = preflight::examine(&config::plugin_path(given)?)?;
        return inspect::print_json(&file.info);
    }
    let plan = config::resolve(given, &environment)?;
    let logs = observe::init(plan.logs).context("cannot set up logging")?;
    let served = serve::run(plan.serve);
    drop(logs);
    served
}

/// Collects what was given: flags before variables before the file.
fn given(matches: &ArgMatches, environment: &Environment) -> Given {
    let mut given = Given::default();
    for setting in config::setting::SETTINGS {
        if let Some(texts) = matches.get_many::<String>(setting.flag) {
            given.flag(setting, texts.cloned().collect());
        }
    }
    given.variables(environment);
    let named = matches.get_one::<String>("config").map(Into::into);
    if let Some(file) = named.or_else(|| environment.get("SHIM_CONFIG").cloned()) {
        given.file(file.as_ref());
    }
    given
}
