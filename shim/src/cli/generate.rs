//! `shim generate`: completions and man pages, from the command line's own description.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context as _;
use clap::{ArgMatches, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use super::command;

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let mut out = Vec::new();
    match matches.subcommand() {
        Some(("completions", matches)) => {
            if let Some(shell) = matches.get_one::<Shell>("shell") {
                clap_complete::generate(*shell, &mut command(), "shim", &mut out);
            }
        }
        Some((_, matches)) if matches.contains_id("output-dir") => {
            let folder = matches.get_one::<String>("output-dir");
            let folder = Path::new(folder.map_or(".", String::as_str));
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
            let mut shim = command();
            // Gives each command the name that its page has: shim-serve.
            shim.build();
            pages(shim, folder)?;
        }
        _ => page(command(), &mut out)?,
    }
    io::Write::write_all(&mut io::stdout(), &out).context("cannot write to standard output")
}

/// Writes the page of a command, and those of all below it.
fn pages(command: Command, folder: &Path) -> anyhow::Result<()> {
    for below in command.get_subcommands() {
        pages(below.clone(), folder)?;
    }
    let path = folder.join(Man::new(command.clone()).get_filename());
    let mut text = Vec::new();
    page(command, &mut text)?;
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn page(command: Command, out: &mut Vec<u8>) -> anyhow::Result<()> {
    let source = concat!("shim ", env!("CARGO_PKG_VERSION"));
    Man::new(command)
        .source(source)
        .render(out)
        .context("cannot write the page")
}
