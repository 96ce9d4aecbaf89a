//! What can be typed after `shim doctor`.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command};

use crate::cli::command::output;
use crate::doctor::CHECKS;

const AFTER: &str = "`fail`: what everybody needs does not work, or something was set wrong; `warn`: \
                     what some need will not work. Nothing is changed.\n\n\
                     Exit codes: 0 nothing fails, 1 something fails, 64 wrong usage.";

/// `shim doctor`.
pub(in crate::cli) fn command() -> Command {
    Command::new("doctor")
        .about("Say what in this environment will bite, each with its fix")
        .after_help(AFTER)
        .arg(
            Arg::new("only")
                .long("only")
                .value_name("CHECK,...")
                .action(ArgAction::Append)
                .value_delimiter(',')
                .value_parser(PossibleValuesParser::new(
                    CHECKS.iter().map(|check| check.name),
                ))
                .help("Look at these alone; may be repeated"),
        )
        .arg(
            Arg::new("list")
                .long("list")
                .action(ArgAction::SetTrue)
                .conflicts_with("only")
                .help("List the checks there are, and look at nothing"),
        )
        .arg(output("How to say what was found"))
}
