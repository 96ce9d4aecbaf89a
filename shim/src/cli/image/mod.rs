//! `shim image`: a container image, without a container engine.

mod command;
mod report;

use anyhow::Context as _;
use clap::ArgMatches;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::config::PluginPlan;
use crate::package::image::{self, Image, ImageError, Plan, Plugin, Request};
use crate::package::{Arch, Include};

pub(super) use command::command;

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let plan = image::plan(&request(matches)?)?;
    for notice in &plan.notices {
        eprintln!("warning: {notice}");
    }
    let image = write(&plan)?;
    let report = report::Report::new(&plan, &image);
    match matches.get_one::<String>("format").map(String::as_str) {
        Some("json") => super::inspect::print_json(&report),
        _ => super::inspect::print(&report.text()),
    }
}

fn request(matches: &ArgMatches) -> anyhow::Result<Request> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let pairs = |name: &str| {
        let pairs = matches.get_many::<(String, String)>(name);
        pairs.unwrap_or_default().cloned().collect()
    };
    let plugins = matches.get_many::<PluginPlan>("plugin").unwrap_or_default();
    let plugins = plugins.cloned().map(|plugin| Plugin {
        name: plugin.name,
        path: plugin.path,
        handler: plugin.handler,
    });
    let includes = matches.get_many::<String>("include").unwrap_or_default();
    let shim = match text("shim") {
        Some(path) => path.into(),
        None => std::env::current_exe().context("cannot tell where shim's own file is")?,
    };
    let arch = text("arch").and_then(|word| {
        let is =
            |arch: &Arch| [arch.name(), arch.machine(), image::go_arch(*arch)].contains(&&*word);
        Arch::ALL.into_iter().find(is)
    });
    Ok(Request {
        plugins: plugins.collect(),
        handler: text("handler"),
        shim,
        includes: includes.map(|text| Include::parse(text)).collect(),
        certificates: text("ca").map(Into::into),
        variables: pairs("env"),
        labels: pairs("label"),
        tag: text("tag"),
        arch,
        output: text("output").map(Into::into),
    })
}

/// Writes the image, with progress on a terminal.
fn write(plan: &Plan) -> Result<Image, ImageError> {
    let bar = ProgressBar::with_draw_target(Some(plan.unpacked()), ProgressDrawTarget::stderr());
    // Without a style of ours it is a plain bar.
    if let Ok(style) = ProgressStyle::with_template("packing {bar:40} {bytes}/{total_bytes}") {
        bar.set_style(style);
    }
    let image = image::write(plan, &mut |bytes| bar.inc(bytes));
    bar.finish_and_clear();
    image
}
