//! `shim generate`: completions and the man page, from the command line's own description.

use std::io;

use anyhow::Context as _;
use clap::ArgMatches;
use clap_complete::Shell;

use super::command;

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let mut out = Vec::new();
    match matches.subcommand() {
        Some(("completions", matches)) => {
            if let Some(shell) = matches.get_one::<Shell>("shell") {
                clap_complete::generate(*shell, &mut command(), "shim", &mut out);
            }
        }
        _ => clap_mangen::Man::new(command())
            .render(&mut out)
            .context("cannot write the page")?,
    }
    io::Write::write_all(&mut io::stdout(), &out).context("cannot write to standard output")
}
