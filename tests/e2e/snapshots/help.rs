//! What `--help` says, of every command.

use super::check;
use crate::shim;

fn help(words: &[&str]) -> String {
    let help = shim().command().words(words).word("--help").run();
    help.expect_code(0).stdout()
}

/// The commands that a help lists.
fn commands(help: &str) -> Vec<String> {
    let Some((_, rest)) = help.split_once("\nCommands:\n") else {
        return Vec::new();
    };
    let listed = rest.lines().take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| {
        let rest = line.strip_prefix("  ")?;
        rest.split(' ').next().filter(|name| !name.is_empty())
    });
    names.map(str::to_owned).collect()
}

/// Checks a command's, and those of the commands below it.
fn check_all(words: &[&str]) -> usize {
    let help = help(words);
    check(&[&["help"], words].concat().join("-"), &help);
    let below = commands(&help);
    let below = below
        .iter()
        .map(|name| check_all(&[words, &[name]].concat()));
    1 + below.sum::<usize>()
}

#[test]
fn every_help_is_as_it_was() {
    assert!(check_all(&[]) > 10);
}
