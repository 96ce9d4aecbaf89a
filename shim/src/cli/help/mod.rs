//! `shim help`: the commands' own help, and the pages of `docs/`.
//!
//! A command goes before a topic of the same name, as with `git help` and `cargo help`.

mod command;
mod pager;
mod render;
mod topics;

use std::fmt::Write as _;

use anyhow::Context as _;
use clap::{ArgMatches, Command};

use super::inspect::print;
use crate::exit::{self, CommandFailed};
use topics::TOPICS;

pub(super) use command::command;

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let shim = super::command();
    let commands: Vec<_> = shim.get_subcommands().flat_map(names).collect();
    let named = matches.get_one::<String>("topic");
    if let Some(topic) = named.and_then(|name| topics::find(name)) {
        return pager::show(&topic.render(&commands));
    }
    let word = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let Some(name) = word("name") else {
        return print(&overview(&shim));
    };
    if let Some(found) = shim.find_subcommand(name) {
        of_command(found, word("below"))?;
        let more = render::more(found.get_name(), &commands);
        return more.map_or(Ok(()), |more| print(&format!("\n{more}\n")));
    }
    match (topics::find(name), word("below")) {
        (Some(topic), None) => pager::show(&topic.render(&commands)),
        (_, below) => Err(unknown(name, below.unwrap_or_default())),
    }
}

/// Prints the help of a command, or of one below it: as `--help` does.
fn of_command(command: &Command, below: Option<&str>) -> anyhow::Result<()> {
    let name = command.get_name();
    if let Some(below) = below.filter(|below| command.find_subcommand(below).is_none()) {
        return Err(unknown(name, below));
    }
    let words = ["shim", name].into_iter().chain(below).chain(["--help"]);
    match super::command().try_get_matches_from(words) {
        Ok(_) => Ok(()),
        Err(help) => help.print().context("cannot write to standard output"),
    }
}

fn unknown(name: &str, below: &str) -> anyhow::Error {
    let message = format!("`{name}` has no command `{below}`");
    let hint = "`shim help` lists commands and topics".to_owned();
    CommandFailed::new(exit::USAGE, message, Some(hint)).into()
}

fn names(command: &Command) -> Vec<String> {
    let aliases = command.get_visible_aliases();
    let names = std::iter::once(command.get_name()).chain(aliases);
    names.map(str::to_owned).collect()
}

/// Commands and topics, a line each.
fn overview(shim: &Command) -> String {
    let commands = shim.get_subcommands().filter(|one| !one.is_hide_set());
    let commands = commands.map(|command| {
        let about = command.get_about().map(ToString::to_string);
        (names(command).join(", "), about.unwrap_or_default())
    });
    let commands: Vec<_> = commands.collect();
    let topics = TOPICS
        .iter()
        .map(|topic| (topic.name.to_owned(), topic.title()));
    let topics: Vec<_> = topics.collect();
    let both = commands.iter().chain(&topics);
    let width = both.map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (heading, entries) in [("Commands", commands), ("Topics", topics)] {
        let _ = writeln!(text, "{heading}:");
        for (name, about) in entries {
            let _ = writeln!(text, "  {name:<width$}  {about}");
        }
        text.push('\n');
    }
    text.push_str(
        "`shim help NAME` shows either; `shim help --topic NAME` the topic, where a command has its \
         name.\n`shim --help` has all settings.\n",
    );
    text
}
