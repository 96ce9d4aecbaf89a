//! `shim bootstrap`: what the binary `bootstrap` does in AWS Lambda.

use std::process::ExitCode;

use clap::ArgMatches;
use clap::parser::ValueSource;

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

/// Runs one function: the one given on the command line or by the variables of these flags, or else
/// the one of `_HANDLER`.
pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let process = Environment::of_process();
    let mut flags = config::Given::default();
    let mut variables = Vec::new();
    // All other settings are Lambda's.
    let settings = ["plugin", "handler"].into_iter();
    for setting in settings.filter_map(config::setting::find) {
        if let Some(texts) = matches.get_many::<String>(setting.flag) {
            flags.flag(setting, texts.cloned().collect());
        }
        let name = setting.variable();
        if let Some(value) = process.get(&name).cloned() {
            variables.push((name, value));
        }
    }
    let variables: Environment = variables.into_iter().collect();
    flags.variables(&variables);
    let ignored = ignored(matches);
    let given = match matches.contains_id("plugin") || variables.get("SHIM_PLUGIN").is_some() {
        true => {
            let plugin = config::only_plugin(flags, "a function in AWS Lambda")?;
            Given {
                plugin: Some(plugin.path),
                handler: plugin.handler,
                ignored,
            }
        }
        false => {
            let flag = matches.get_one::<String>("handler").cloned();
            let variable = || Some(variables.get("SHIM_HANDLER")?.to_str()?.to_owned());
            Given {
                plugin: None,
                handler: flag.or_else(variable),
                ignored,
            }
        }
    };
    Ok(ExitCode::from(bootstrap::run(given)))
}

/// The flags of a server that were given.
fn ignored(matches: &ArgMatches) -> Vec<String> {
    let flags = config::setting::SETTINGS.iter().map(|setting| setting.flag);
    let others = flags.filter(|flag| !["plugin", "handler"].contains(flag));
    let given = others.chain(["config"]).filter(|flag| {
        // `shim bootstrap` itself knows two of them only.
        let source = matches.try_contains_id(flag).is_ok_and(|there| there);
        source && matches.value_source(flag) == Some(ValueSource::CommandLine)
    });
    given.map(|flag| format!("--{flag}")).collect()
}
