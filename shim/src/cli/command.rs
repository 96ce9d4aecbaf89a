//! What can be typed.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint};

use crate::config::setting::{SETTINGS, Scope, Setting};

const ABOUT: &str = "Serves functions written in Rust: loads a plugin (a cdylib built with \
                     plugin-api) through a stable ABI and runs its handlers";

const EXIT_CODES: &str = "Exit codes: 0 done, 64 wrong usage, 65 bad plugin, 69 port or log \
                          not available, 70 internal error, 78 wrong configuration.";

/// The whole command line. `shim --plugin X` is short for `shim serve --plugin X`.
pub fn command() -> Command {
    let top = Command::new("shim")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .after_help(EXIT_CODES)
        .args_conflicts_with_subcommands(true)
        .arg_required_else_help(false)
        .disable_help_subcommand(true)
        .subcommand(serve_arguments(
            Command::new("serve").about("Serve functions over HTTP and the Lambda Invoke API"),
        ))
        .subcommand(inspect())
        .subcommand(bootstrap());
    #[cfg(feature = "invoke")]
    let top = top.subcommand(super::invoke::command());
    #[cfg(feature = "package")]
    let top = top
        .subcommand(super::package::command())
        .subcommand(super::image::command())
        .subcommand(super::verify::command());
    #[cfg(feature = "build")]
    let top = top
        .subcommand(super::new::command())
        .subcommand(super::build::command());
    #[cfg(feature = "dev")]
    let top = top.subcommand(super::dev::command());
    #[cfg(feature = "doctor")]
    let top = top.subcommand(super::doctor::command());
    let top = top.subcommand(generate());
    let top = top.subcommand(super::help::command());
    serve_arguments(top)
}

fn serve_arguments(mut command: Command) -> Command {
    for setting in SETTINGS
        .iter()
        .filter(|setting| setting.scope != Scope::Table)
    {
        command = command.arg(argument(setting));
    }
    command
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .help("A file with settings (shim.toml): the same words, with _ for - [env: SHIM_CONFIG]"),
        )
        .arg(
            Arg::new("info")
                .long("info")
                .action(ArgAction::SetTrue)
                .help("Print the plugin's info as JSON, without running any of it, and exit"),
        )
}

pub(super) fn argument(setting: &'static Setting) -> Arg {
    let mut help = setting.help.to_owned();
    if !setting.default.is_empty() {
        help.push_str(&format!(" [default: {}]", setting.default));
    }
    help.push_str(&format!(" [env: {}]", setting.variable()));
    let mut argument = Arg::new(setting.flag)
        .long(setting.flag)
        .value_name(setting.value)
        .help_heading(setting.heading)
        .help(help)
        .allow_hyphen_values(true)
        .action(if setting.many {
            ArgAction::Append
        } else {
            ArgAction::Set
        });
    if let Some(short) = setting.short {
        argument = argument.short(short);
    }
    if !setting.bare.is_empty() {
        argument = argument
            .num_args(0..=1)
            .allow_hyphen_values(false)
            .default_missing_value(setting.bare);
    }
    if !setting.choices.is_empty() {
        argument = argument.value_parser(PossibleValuesParser::new(setting.choices));
    }
    if setting.flag == "plugin" {
        argument = argument.value_hint(ValueHint::FilePath);
    }
    argument
}

fn inspect() -> Command {
    Command::new("inspect")
        .about("Say what a plugin file is, without running any of it")
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .value_hint(ValueHint::FilePath)
                .help("The plugin"),
        )
        .arg(output("How to say it"))
}

/// `--output text|json`, of a command that prints a report.
pub(super) fn output(help: &'static str) -> Arg {
    Arg::new("output")
        .long("output")
        .value_name("FORMAT")
        .value_parser(["text", "json"])
        .default_value("text")
        .help(help)
}

fn bootstrap() -> Command {
    let mut command = Command::new("bootstrap").about(
        "Run one function as AWS Lambda does: for the Runtime API at AWS_LAMBDA_RUNTIME_API",
    );
    for name in ["plugin", "handler"] {
        command = command.args(crate::config::setting::find(name).map(argument));
    }
    command.after_help(
        "Without --plugin, _HANDLER (FILE.HANDLER) and LAMBDA_TASK_ROOT say what runs. \
         `shim` without a command does the same where AWS_LAMBDA_RUNTIME_API is set.",
    )
}

fn generate() -> Command {
    Command::new("generate")
        .about("Print shell completions or man pages")
        .subcommand_required(true)
        .subcommand(
            Command::new("completions")
                .about("Completions for a shell")
                .arg(
                    Arg::new("shell")
                        .required(true)
                        .value_parser(clap::value_parser!(clap_complete::Shell))
                        .help("The shell"),
                ),
        )
        .subcommand(
            Command::new("man")
                .about(
                    "The man page of shim, in roff; with --output-dir those of its commands, too",
                )
                .arg(
                    Arg::new("output-dir")
                        .long("output-dir")
                        .value_name("DIR")
                        .value_hint(ValueHint::DirPath)
                        .help("Write all pages to this folder, as shim.1, shim-serve.1, …"),
                ),
        )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
