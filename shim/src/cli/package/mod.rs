//! `shim package`: the zip of a function for AWS Lambda.

mod command;
mod report;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::ArgMatches;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::config::PluginPlan;
use crate::package::{self, Arch, Include, Package, PackageError, Plan, Request, TargetOs};

pub(super) use command::command;
#[cfg(feature = "build")]
pub(super) use report::word;

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let (request, name) = request(matches)?;
    let plan = package::plan(&request)?;
    let package = write(&plan)?;
    let warnings = report::warnings(&plan, &package);
    for warning in &warnings {
        eprintln!("warning: {warning}");
    }
    let report = report::Report::new(&plan, &package, name.as_deref(), warnings);
    match matches.get_one::<String>("format").map(String::as_str) {
        Some("json") => super::inspect::print_json(&report),
        _ => super::inspect::print(&report.text()),
    }
}

/// What was asked for, and the function's name, if one was given.
fn request(matches: &ArgMatches) -> anyhow::Result<(Request, Option<String>)> {
    let text = |name: &str| matches.get_one::<String>(name);
    let texts = |name: &str| matches.get_many::<String>(name).unwrap_or_default();
    let plugin = matches.get_one::<PluginPlan>("plugin").cloned();
    let plugin = plugin.context("no plugin was given")?;
    let bootstrap = match text("bootstrap") {
        Some(path) => path.into(),
        None => beside_shim()?,
    };
    let arch = text("arch").and_then(|word| match word.as_str() {
        "aarch64" => Some(Arch::Arm64),
        word => Arch::ALL.into_iter().find(|arch| arch.name() == word),
    });
    let os = text("target-os").map_or("", |word| word);
    let os = TargetOs::ALL.into_iter().find(|known| known.word() == os);
    let request = Request {
        plugin: plugin.path,
        handler: text("handler").cloned().or(plugin.handler),
        bootstrap,
        includes: texts("include").map(|text| Include::parse(text)).collect(),
        arch,
        os: os.unwrap_or(TargetOs::Al2023),
        layer_libraries: texts("layer-library").cloned().collect(),
        output: text("output").map(Into::into),
    };
    Ok((request, plugin.name))
}

/// The bootstrap that was built with this program.
pub(in crate::cli) fn beside_shim() -> anyhow::Result<PathBuf> {
    let shim = std::env::current_exe().context("cannot tell where shim's own file is")?;
    Ok(shim.with_file_name("bootstrap"))
}

/// Writes the zip, with progress on a terminal.
fn write(plan: &Plan) -> Result<Package, PackageError> {
    let bar = ProgressBar::with_draw_target(Some(plan.unpacked()), ProgressDrawTarget::stderr());
    // Without a style of ours it is a plain bar.
    if let Ok(style) = ProgressStyle::with_template("packing {bar:40} {bytes}/{total_bytes}") {
        bar.set_style(style);
    }
    let package = package::write(plan, &mut |bytes| bar.inc(bytes));
    bar.finish_and_clear();
    package
}
