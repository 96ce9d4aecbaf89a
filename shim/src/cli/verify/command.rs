//! What can be typed.

use clap::{Arg, ArgAction, Command, ValueHint};

use crate::cli::command::output;
use crate::config::{self, PluginPlan};

const AFTER: &str = "Exit codes: 0 all agree, 65 some do not, or the plugin or the events cannot be \
                     used. What is compared, and what is not: docs/lambda.md.";

/// `shim verify`.
pub(in crate::cli) fn command() -> Command {
    let path = |name: &'static str, value: &'static str| {
        let argument = Arg::new(name).long(name).value_name(value);
        argument.value_hint(ValueHint::FilePath)
    };
    let named =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    Command::new("verify")
        .about(
            "Send events through plain HTTP, the Invoke API and the zip for AWS Lambda, and show \
             whether answers, errors and logs agree",
        )
        .after_help(AFTER)
        .arg(
            path("plugin", "[NAME=]PATH[#HANDLER]")
                .required(true)
                .value_parser(|text: &str| text.parse::<PluginPlan>())
                .help("The plugin; NAME is the function's"),
        )
        .arg(
            path("events", "FOLDER")
                .required(true)
                .value_hint(ValueHint::DirPath)
                .help(
                    "A folder with an event in each file; for a web handler, events of API Gateway",
                ),
        )
        .arg(named("handler", "NAME").help("The handler, if the plugin has several"))
        .arg(
            named("env", "NAME=VALUE")
                .action(ArgAction::Append)
                .value_parser(config::variable)
                .help(
                    "A setting of the function, in Lambda an environment variable; may be repeated",
                ),
        )
        .arg(
            named("timeout", "DURATION")
                .default_value("30s")
                .value_parser(config::duration)
                .help("How long an invocation may take"),
        )
        .arg(
            named("log-level", "FILTER")
                .default_value("info")
                .help("What is logged, and so compared: a level, or targets with levels"),
        )
        .arg(
            path("bootstrap", "PATH")
                .help("The program that Lambda starts [default: `bootstrap` beside shim itself]"),
        )
        .arg(output("How to say what was found"))
}
