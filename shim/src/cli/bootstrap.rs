//! `shim bootstrap`: what the binary `bootstrap` does in AWS Lambda.

use std::process::ExitCode;

use clap::ArgMatches;

use crate::bootstrap::{self, Given};
use crate::config::{self, Environment};

/// Whether this process stands in AWS Lambda (or under an emulator of it) and nothing else was said:
/// so an image that serves on any machine serves there too.
pub(super) fn is_wanted(matches: &ArgMatches) -> bool {
    let in_lambda = Environment::of_process()
        .get("AWS_LAMBDA_RUNTIME_API")
        .is_some();
    in_lambda && matches.subcommand().is_none() && !matches.get_flag("info")
}

/// Runs one function, the one given on the command line or else the one of `_HANDLER`.
pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let mut flags = config::Given::default();
    for name in ["plugin", "handler"] {
        if let Some(texts) = matches.get_many::<String>(name)
            && let Some(setting) = config::setting::find(name)
        {
            flags.flag(setting, texts.cloned().collect());
        }
    }
    let given = match matches.contains_id("plugin") {
        true => {
            let plugin = config::only_plugin(flags, "a function in AWS Lambda")?;
            Given {
                plugin: Some(plugin.path),
                handler: plugin.handler,
            }
        }
        false => Given {
            plugin: None,
            handler: matches.get_one::<String>("handler").cloned(),
        },
    };
    Ok(ExitCode::from(bootstrap::run(given)))
}
