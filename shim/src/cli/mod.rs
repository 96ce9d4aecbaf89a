//! The command line: one file per command.

mod bootstrap;
#[cfg(feature = "build")]
mod build;
mod command;
mod credentials;
#[cfg(feature = "dev")]
mod dev;
#[cfg(feature = "doctor")]
mod doctor;
mod generate;
mod help;
#[cfg(feature = "package")]
mod image;
mod inspect;
#[cfg(feature = "invoke")]
mod invoke;
mod load;
mod metrics;
#[cfg(feature = "build")]
mod new;
mod notify;
#[cfg(feature = "package")]
mod package;
mod passed;
mod reload;
mod serve;
mod signals;
#[cfg(feature = "package")]
mod verify;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::ArgMatches;

use self::notify::Notify;
use self::passed::Passed;
use crate::config::{self, Environment, Given};
use crate::exit::Misconfigured;
use crate::observe;
use crate::plugin::preflight;

pub use command::command;

/// The longest response that a command keeps as a whole, in bytes: ten times what Lambda has.
#[cfg(any(feature = "invoke", feature = "package"))]
const MAX_KEPT: usize = 64 * 1024 * 1024;

/// Runs what was asked for.
///
/// # Errors
/// Whatever kept it from being done; [`crate::exit`] knows the exit code.
pub fn run(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    match matches.subcommand() {
        Some(("inspect", matches)) => inspect::run(matches)?,
        #[cfg(feature = "invoke")]
        Some(("invoke", matches)) => return invoke::run(matches),
        #[cfg(feature = "build")]
        Some(("new", matches)) => new::run(matches)?,
        #[cfg(feature = "build")]
        Some(("build", matches)) => return build::run(matches),
        #[cfg(feature = "package")]
        Some(("package", matches)) => package::run(matches)?,
        #[cfg(feature = "package")]
        Some(("image", matches)) => image::run(matches)?,
        #[cfg(feature = "package")]
        Some(("verify", matches)) => return verify::run(matches),
        #[cfg(feature = "dev")]
        Some(("dev", matches)) => dev::run(matches)?,
        #[cfg(feature = "doctor")]
        Some(("doctor", matches)) => return doctor::run(matches),
        Some(("generate", matches)) => generate::run(matches)?,
        Some(("help", matches)) => help::run(matches)?,
        Some(("bootstrap", matches)) => return bootstrap::run(matches),
        Some(("serve", matches)) => serve_or_info(matches)?,
        _ if bootstrap::is_wanted(matches) => return bootstrap::run(matches),
        _ => serve_or_info(matches)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn serve_or_info(matches: &ArgMatches) -> anyhow::Result<()> {
    let environment = Environment::of_process();
    let given = collect(matches, &environment);
    if matches.get_flag("info") {
        let file = preflight::examine(&config::only_plugin(given, "--info")?.path)?;
        return inspect::print_json(&file.info());
    }
    // Before anything is opened.
    let passed = Passed::take(&environment).context("wrong sockets from systemd");
    let mut passed = passed.map_err(Misconfigured)?;
    let addresses = passed.addresses();
    let mut given = given;
    given.passed(addresses.clone());
    let plan = config::resolve(given, &environment)?;
    let logs = observe::init(plan.logs).context("cannot set up logging")?;
    passed.notify = Notify::of(&environment);
    let matches = matches.clone();
    let replan = move || {
        let environment = Environment::of_process();
        let mut given = collect(&matches, &environment);
        given.passed(addresses.clone());
        Ok(config::resolve(given, &environment)?)
    };
    let served = serve::run(plan.serve, passed, std::sync::Arc::new(replan));
    drop(logs);
    served
}

/// Collects what was given: flags before variables before the file.
fn collect(matches: &ArgMatches, environment: &Environment) -> Given {
    let mut given = Given::default();
    let flags = config::setting::SETTINGS.iter();
    for setting in flags.filter(|setting| setting.scope != config::setting::Scope::Table) {
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
