//! What can be typed.

use clap::{Arg, ArgAction, Command, ValueHint};

use crate::config::PluginPlan;

const AFTER: &str = "The zip holds `bootstrap`, the plugin under its own name, and what is included. \
                     The same files make the same zip, byte for byte.";

/// `shim package`.
pub(in crate::cli) fn command() -> Command {
    let path = |name: &'static str, value: &'static str| {
        let argument = Arg::new(name).long(name).value_name(value);
        argument.value_hint(ValueHint::FilePath)
    };
    let choice = |name: &'static str, value: &'static str, choices: &'static [&'static str]| {
        let argument = Arg::new(name).long(name).value_name(value);
        argument.value_parser(clap::builder::PossibleValuesParser::new(choices))
    };
    Command::new("package")
        .about("Write the zip of a function for AWS Lambda")
        .after_help(AFTER)
        .arg(
            path("plugin", "[NAME=]PATH[#HANDLER]")
                .required(true)
                .value_parser(|text: &str| text.parse::<PluginPlan>())
                .help("The plugin; NAME is the function's in what to type next"),
        )
        .arg(
            path("output", "FILE")
                .short('o')
                .help("Where to write the zip [default: NAME.zip for libNAME.so]"),
        )
        .arg(
            path("include", "[NAME=]PATH")
                .value_hint(ValueHint::AnyPath)
                .action(ArgAction::Append)
                .help(
                    "A file or a directory to pack too, under its own name or under NAME; libraries \
                     are found in lib/",
                ),
        )
        .arg(
            Arg::new("handler")
                .long("handler")
                .value_name("NAME")
                .help("The handler to deploy; it must be there"),
        )
        .arg(path("bootstrap", "PATH").help(
            "The program that Lambda starts [default: `bootstrap` beside shim itself]",
        ))
        .arg(
            choice("arch", "ARCH", &["x86_64", "arm64", "aarch64"])
                .help("The function's processor [default: the plugin's]"),
        )
        .arg(
            choice("target-os", "OS", &["al2023", "al2"])
                .default_value("al2023")
                .help("The function's system: provided.al2023 or provided.al2"),
        )
        .arg(
            Arg::new("layer-library")
                .long("layer-library")
                .value_name("NAME")
                .action(ArgAction::Append)
                .help("A library that a layer of the function brings (libx.so.1)"),
        )
        .arg(
            choice("format", "FORMAT", &["text", "json"])
                .default_value("text")
                .help("How to say what was written"),
        )
}
