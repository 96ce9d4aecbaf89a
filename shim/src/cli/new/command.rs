//! What can be typed.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint};

use super::kind::KINDS;
use crate::cli::command::output;

const AFTER: &str = "Without --http and --event the function takes a JSON event of its own. In a \
                     workspace the crate becomes a member of it. Nothing is overwritten.";

/// `shim new`.
pub(in crate::cli) fn command() -> Command {
    let switch = |name: &'static str, help: &'static str| {
        let argument = Arg::new(name).long(name).help(help);
        argument.action(ArgAction::SetTrue)
    };
    Command::new("new")
        .about("Make the crate of a new function, which compiles at once")
        .after_help(AFTER)
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .required(true)
                .help("The crate's and the function's name"),
        )
        .arg(
            switch("http", "A web service, instead of a function for events")
                .conflicts_with("event"),
        )
        .arg(
            Arg::new("event")
                .long("event")
                .value_name("KIND")
                .value_parser(PossibleValuesParser::new(
                    KINDS.iter().map(|kind| kind.word),
                ))
                .help("A function for events of an AWS service, with their types"),
        )
        .arg(switch(
            "lifecycle",
            "With state: made once when it is loaded, and for each instance",
        ))
        .arg(
            Arg::new("dir")
                .long("dir")
                .value_name("DIR")
                .value_hint(ValueHint::DirPath)
                .help("The folder to make [default: NAME]"),
        )
        .arg(
            Arg::new("plugin-api-path")
                .long("plugin-api-path")
                .value_name("PATH")
                .env("SHIM_PLUGIN_API_PATH")
                .hide_env_values(true)
                .value_hint(ValueHint::DirPath)
                .help("Depend on the plugin-api in this folder, instead of a published one"),
        )
        .arg(output("How to say what was made"))
}
