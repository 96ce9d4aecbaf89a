//! `shim inspect`: what a file is.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use clap::ArgMatches;
use serde::Serialize;

use crate::plugin::preflight::{self, ABI_VERSION, PanicStrategy, PluginFile};

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let path = matches
        .get_one::<String>("file")
        .map(Path::new)
        .unwrap_or(Path::new(""));
    let file = preflight::examine(path)?;
    match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => {
            let mut json = serde_json::to_value(&file).context("cannot write it as JSON")?;
            json["info"] = file.info().into();
            print_json(&json)
        }
        _ => print(&text(&file)),
    }
}

/// Prints a value as JSON on lines of its own.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value).context("cannot write it as JSON")?;
    text.push('\n');
    print(&text)
}

/// Prints a text as it is.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to standard output")
}

fn text(file: &PluginFile) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<10} {value}");
    };
    line(
        "plugin",
        &format!("{} {}", file.package.name, file.package.version),
    );
    if !file.package.description.is_empty() {
        line("doc", &file.package.description);
    }
    line(
        "file",
        &format!(
            "{} ({} bytes, {})",
            file.path.display(),
            file.size,
            file.machine
        ),
    );
    line(
        "abi",
        &format!(
            "{} (this shim: {ABI_VERSION}), plugin-api {}",
            file.abi, file.plugin_api
        ),
    );
    line("compiler", file.compiler.as_deref().unwrap_or("unknown"));
    match &file.glibc {
        Some(need) => line("glibc", &format!("{} or newer", need.version)),
        None => line("glibc", "any"),
    }
    line("libraries", &file.needed.join(" "));
    line(
        "panic",
        match file.panic {
            PanicStrategy::Unwind => "unwind: caught, the invocation fails",
            PanicStrategy::Abort => "abort: a panic ends the whole process",
        },
    );
    line(
        "symbols",
        match (file.symbols, file.debug_info) {
            (_, true) => "names and lines",
            (true, false) => "names",
            (false, false) => "none: stack traces are empty",
        },
    );
    for (number, handler) in file.handlers.iter().enumerate() {
        let kind = serde_json::to_value(handler.event).unwrap_or_default();
        let mut value = format!(
            "{} ({}, {}{})",
            handler.name,
            kind.as_str().unwrap_or_default(),
            if handler.is_async {
                "async"
            } else {
                "plain fn"
            },
            if handler.lifecycle {
                ", with instances"
            } else {
                ""
            },
        );
        if let Some(first) = handler.doc.lines().next().filter(|line| !line.is_empty()) {
            let _ = write!(value, ": {first}");
        }
        line(if number == 0 { "handlers" } else { "" }, &value);
        if !handler.errors.is_empty() {
            line("", &format!("  errors: {}", handler.errors.join(", ")));
        }
    }
    text
}
