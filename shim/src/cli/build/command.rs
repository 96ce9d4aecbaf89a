//! What can be typed.

use clap::{Arg, ArgAction, Command, ValueHint};

use crate::cli::command::output;

const AFTER: &str = "PATH is a crate, a workspace, or a folder of such: every plugin in it is built, \
                     also if another one fails. A plugin is a cdylib that depends on plugin-api.";

/// `shim build`.
pub(in crate::cli) fn command() -> Command {
    let choice = |name: &'static str, value: &'static str, choices: &'static [&'static str]| {
        let argument = Arg::new(name).long(name).value_name(value);
        argument.value_parser(clap::builder::PossibleValuesParser::new(choices))
    };
    Command::new("build")
        .about("Build plugins with cargo, and check what it made")
        .after_help(AFTER)
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .num_args(0..)
                .value_hint(ValueHint::AnyPath)
                .help("Where the plugins' crates are [default: this folder]"),
        )
        .arg(
            Arg::new("release")
                .long("release")
                .action(ArgAction::SetTrue)
                .conflicts_with("dev")
                .help("With cargo's profile `release`; this is the default"),
        )
        .arg(
            Arg::new("dev")
                .long("dev")
                .action(ArgAction::SetTrue)
                .help("With cargo's profile `dev`: quick to build, slow to run"),
        )
        .arg(
            Arg::new("features")
                .long("features")
                .value_name("FEATURES")
                .action(ArgAction::Append)
                .help("Features of the crates to turn on"),
        )
        .arg(
            choice("arch", "ARCH", &["x86_64", "arm64", "aarch64"])
                .help("The processor to build for [default: this one]"),
        )
        .arg(
            choice("target-os", "OS", &["al2023", "al2", "this"])
                .default_value("this")
                .help("The system to build for: provided.al2023, provided.al2, or this one"),
        )
        .arg(
            Arg::new("output-dir")
                .long("output-dir")
                .value_name("DIR")
                .value_hint(ValueHint::DirPath)
                .help("Copy the plugins to this folder"),
        )
        .arg(
            Arg::new("versioned")
                .long("versioned")
                .action(ArgAction::SetTrue)
                .help("Copy each to NAME_vVERSION.so, of its name and version"),
        )
        .arg(output("How to say what was built"))
}
