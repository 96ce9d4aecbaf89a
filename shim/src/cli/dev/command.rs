//! What can be typed after `shim dev`.

use clap::{Arg, ArgAction, Command, ValueHint};

use crate::cli::command::argument;
use crate::config::setting::{SETTINGS, Scope, Setting};

const AFTER: &str = "While it builds, requests are served by the build before. A build that failed \
                     changes nothing; responses then have the header `x-shim-build: failed`. Until \
                     there is a first build requests wait for it, and get the compiler's errors if \
                     it fails.\n\n\
                     Keys, on a terminal: r builds and reloads, q quits, h helps.";

const PORT_HELP: &str = "The port to listen on; 0: any free one [default: the variable PORT, or \
                         9000] [env: SHIM_PORT]";

/// The settings of `shim serve` that hold here: which plugins there are, cargo knows.
pub(super) fn settings() -> impl Iterator<Item = &'static Setting> {
    let decided_here = ["plugin", "plugin-dir", "handler"];
    SETTINGS.iter().filter(move |setting| {
        setting.scope != Scope::Table && !decided_here.contains(&setting.flag)
    })
}

pub(in crate::cli) fn command() -> Command {
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    let command = Command::new("dev")
        .visible_alias("watch")
        .about("Build plugins, serve them, and build and reload them whenever a source changes")
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .action(ArgAction::Append)
                .default_value(".")
                .value_hint(ValueHint::AnyPath)
                .help("A crate, a workspace, or a folder of crates; may be repeated"),
        )
        .arg(flag("wait").help(
            "While it builds, let requests wait for the new build; if that fails, they get the \
             errors",
        ))
        .arg(flag("release").help("Build with optimisations (cargo's profile release)"))
        .arg(
            Arg::new("features")
                .long("features")
                .value_name("FEATURES")
                .action(ArgAction::Append)
                .help("Features of the crates to turn on; may be repeated"),
        )
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .help(
                    "A file with settings [default: shim.toml here or beside the only Cargo.toml, \
                     if there is one] [env: SHIM_CONFIG]",
                ),
        )
        .after_help(AFTER);
    settings().fold(command, |command, setting| {
        let argument = argument(setting);
        command.arg(match setting.flag {
            "port" => argument.help(PORT_HELP),
            _ => argument,
        })
    })
}
