//! What can be typed after `shim help`.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command};

use super::topics::TOPICS;

const AFTER: &str = "A command goes before a topic of the same name; `--topic` shows the topic. On a \
                     terminal a page goes through $PAGER (less).";

/// All commands, under all their names.
const COMMANDS: &[&str] = &[
    "serve",
    "inspect",
    "bootstrap",
    #[cfg(feature = "invoke")]
    "invoke",
    #[cfg(feature = "package")]
    "package",
    #[cfg(feature = "package")]
    "image",
    #[cfg(feature = "package")]
    "verify",
    #[cfg(feature = "build")]
    "new",
    #[cfg(feature = "build")]
    "build",
    #[cfg(feature = "dev")]
    "dev",
    #[cfg(feature = "dev")]
    "watch",
    #[cfg(feature = "doctor")]
    "doctor",
    "generate",
    "help",
];

/// `shim help`.
pub(in crate::cli) fn command() -> Command {
    let topics = || TOPICS.iter().map(|topic| topic.name);
    let others = topics().filter(|topic| !COMMANDS.contains(topic));
    let names: Vec<_> = COMMANDS.iter().copied().chain(others).collect();
    Command::new("help")
        .about("Show the help of a command, or a page of the guide; without either, list them")
        .after_help(AFTER)
        .arg(
            Arg::new("name")
                .value_name("COMMAND|TOPIC")
                .value_parser(PossibleValuesParser::new(names))
                .hide_possible_values(true)
                .help("The command or the topic"),
        )
        .arg(
            Arg::new("below")
                .value_name("COMMAND")
                .help("A command of the command, as in `generate man`"),
        )
        .arg(
            Arg::new("topic")
                .long("topic")
                .value_name("TOPIC")
                .conflicts_with("name")
                .value_parser(PossibleValuesParser::new(topics()))
                .help("The topic, also where a command has its name"),
        )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::COMMANDS;

    #[test]
    fn every_command_is_known_under_all_its_names() {
        let shim = crate::cli::command();
        let names = shim.get_subcommands().flat_map(crate::cli::help::names);
        let names: BTreeSet<_> = names.collect();
        let known = COMMANDS.iter().map(|name| (*name).to_owned());
        assert_eq!(known.collect::<BTreeSet<_>>(), names);
    }
}
