//! What can be typed.

use clap::{Arg, ArgAction, Command, ValueHint};

use crate::config::PluginPlan;

const AFTER: &str = "No container engine is needed. The image holds shim, the plugins, the libraries \
                     of this system that they need, certificates, a user that is not root, and an \
                     empty /tmp. It serves on port 8080, and runs in AWS Lambda as it is. The same \
                     files make the same image, byte for byte.";

/// `shim image`.
pub(in crate::cli) fn command() -> Command {
    let value =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    let path = |name: &'static str, placeholder: &'static str| {
        value(name, placeholder).value_hint(ValueHint::FilePath)
    };
    let choice =
        |name: &'static str, placeholder: &'static str, choices: &'static [&'static str]| {
            let choices = clap::builder::PossibleValuesParser::new(choices);
            value(name, placeholder).value_parser(choices)
        };
    Command::new("image")
        .about("Write a container image, for docker, podman, Kubernetes and AWS Lambda")
        .after_help(AFTER)
        .arg(
            path("plugin", "[NAME=]PATH[#HANDLER]")
                .required(true)
                .action(ArgAction::Append)
                .value_parser(|text: &str| text.parse::<PluginPlan>())
                .help("A plugin to serve, as for `shim serve`; may be repeated"),
        )
        .arg(
            path("output", "FILE")
                .short('o')
                .help("Where to write the image [default: NAME.tar for libNAME.so]"),
        )
        .arg(
            value("tag", "NAME[:TAG]")
                .short('t')
                .help("What the image is called [default: NAME:latest for libNAME.so]"),
        )
        .arg(value("handler", "NAME").help("The handler to serve, if the plugin has several"))
        .arg(
            value("env", "NAME=VALUE")
                .action(ArgAction::Append)
                .value_parser(pair)
                .help(
                    "A variable of the image: a setting of the functions (ctx.var), or of shim \
                     (SHIM_TIMEOUT, PORT); may be repeated",
                ),
        )
        .arg(
            value("label", "NAME=VALUE")
                .action(ArgAction::Append)
                .value_parser(pair)
                .help("A label of the image; may be repeated"),
        )
        .arg(
            path("include", "[NAME=]PATH")
                .value_hint(ValueHint::AnyPath)
                .action(ArgAction::Append)
                .help("A file or a directory to put into /var/task too; may be repeated"),
        )
        .arg(path("shim", "PATH").help("The program that serves [default: this one]"))
        .arg(
            path("ca", "FILE").help(
                "Certificates to trust, in PEM [default: /etc/ssl/certs/ca-certificates.crt]",
            ),
        )
        .arg(
            choice("arch", "ARCH", &["x86_64", "amd64", "arm64", "aarch64"])
                .help("The processor that the image has to be for [default: this system's]"),
        )
        .arg(
            choice("format", "FORMAT", &["text", "json"])
                .default_value("text")
                .help("How to say what was written"),
        )
}

/// Reads `NAME=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some(("", _)) => Err("the name is empty".to_owned()),
        Some((name, value)) if !name.contains('\0') && !value.contains('\0') => {
            Ok((name.to_owned(), value.to_owned()))
        }
        Some(_) => Err("it has a zero byte".to_owned()),
        None => Err("it is no NAME=VALUE".to_owned()),
    }
}
