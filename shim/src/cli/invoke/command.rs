//! What can be typed.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgGroup, Command, ValueHint, value_parser};

use super::examples;
use super::repeat::{MAX_CALLS, MAX_CONCURRENCY};
use crate::cli::command::output;
use crate::config::{self, PluginPlan};

const AFTER: &str = "The response goes to standard output as it is, all else to standard error. Calls \
                     are signed where AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set \
                     (AWS_SESSION_TOKEN, AWS_REGION).\n\n\
                     Exit codes: 0 answered, 1 the function failed, 64 wrong usage, 65 the call or \
                     the plugin cannot be used, 69 no such function or nobody answers, 75 try again \
                     (throttled, too late), 77 not allowed.";

/// `shim invoke`.
pub(in crate::cli) fn command() -> Command {
    let named = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let switch = |name: &'static str, help: &'static str| {
        let argument = Arg::new(name).long(name).help(help);
        argument.action(ArgAction::SetTrue)
    };
    let command = Command::new("invoke")
        .about("Invoke a function: over the Lambda Invoke API, or a plugin without a server")
        .after_help(AFTER)
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .help("The function: its name, NAME:QUALIFIER or ARN [default: function]"),
        );
    let event = [
        named("data", "JSON", "The event").allow_hyphen_values(true),
        named(
            "data-file",
            "FILE",
            "A file with the event; - is standard input",
        )
        .value_hint(ValueHint::FilePath)
        .allow_hyphen_values(true),
        named(
            "data-example",
            "NAME",
            "A sample event of an AWS service: apigw-v2, s3, sqs, …",
        )
        .value_parser(PossibleValuesParser::new(examples::NAMES))
        .hide_possible_values(true),
    ];
    let what = [
        named(
            "type",
            "TYPE",
            "Wait for the answer, leave the event there, or only check",
        )
        .value_parser(["request-response", "event", "dry-run"])
        .default_value("request-response"),
        named("qualifier", "QUALIFIER", "The version or alias"),
        switch(
            "tail",
            "Print the end of the function's log to standard error",
        ),
        switch(
            "stream",
            "Print the response while it comes (InvokeWithResponseStream)",
        ),
        named(
            "client-context",
            "JSON",
            "The client context, a JSON object",
        ),
        named("tenant-id", "ID", "The tenant"),
        named(
            "timeout",
            "DURATION",
            "How long to wait for an answer; with --plugin, how long it may run [default: 15m]",
        )
        .value_parser(config::duration),
    ];
    let whom = [
        named("endpoint-url", "URL", "Where the API is [default: http://127.0.0.1:8080] [env: AWS_ENDPOINT_URL_LAMBDA, AWS_ENDPOINT_URL]")
            .value_hint(ValueHint::Url),
        named("plugin", "[NAME=]PATH[#HANDLER]", "Invoke this plugin in this process, without a server")
            .value_hint(ValueHint::FilePath)
            .value_parser(|text: &str| text.parse::<PluginPlan>())
            .conflicts_with("endpoint-url"),
        named("handler", "NAME", "The handler, if the plugin has several").requires("plugin"),
        named("env", "NAME=VALUE", "A setting of the plugin's function; may be repeated")
            .action(ArgAction::Append)
            .value_parser(config::variable)
            .requires("plugin"),
        named("log-level", "FILTER", "What of the plugin's log is shown: a level, or targets with levels [default: info; with --repeat warn]")
            .requires("plugin"),
    ];
    let how_often = [
        named(
            "repeat",
            "N",
            "Invoke it so often, and print how long the calls took instead of responses",
        )
        .value_parser(value_parser!(u32).range(1..=i64::from(MAX_CALLS)))
        .conflicts_with_all(["stream", "tail"]),
        named(
            "concurrency",
            "M",
            "How many calls of --repeat run at once [default: 1]",
        )
        .value_parser(value_parser!(u32).range(1..=i64::from(MAX_CONCURRENCY)))
        .requires("repeat"),
    ];
    command
        .args(event.map(|argument| argument.help_heading("Event")))
        .group(ArgGroup::new("event").args(["data", "data-file", "data-example"]))
        .args(what)
        .args(whom.map(|argument| argument.help_heading("Where")))
        .args(how_often.map(|argument| argument.help_heading("Measuring")))
        .arg(output(
            "text: the response; json: one document with all that is known",
        ))
        .arg(switch("list-examples", "List the sample events, and exit"))
}
