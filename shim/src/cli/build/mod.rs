//! `shim build`: cargo for plugins, and what it made.

mod command;
mod place;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ArgMatches;

use crate::build::{self, BuildError, Messages, Options, PluginCrate, Target};
use crate::exit::{self, CommandFailed};
use crate::package::{Arch, TargetOs};
use place::Place;
use report::{NotBuilt, Plugin, Report};

pub(super) use command::command;

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let options = options(matches).map_err(failure)?;
    let place = Place {
        folder: matches.get_one::<String>("output-dir").map(PathBuf::from),
        versioned: matches.get_flag("versioned"),
    };
    let paths = matches.get_many::<String>("path").unwrap_or_default();
    let mut paths: Vec<_> = paths.map(PathBuf::from).collect();
    if paths.is_empty() {
        paths.push(".".into());
    }
    let plugins = find(&paths).map_err(failure)?;
    place.check(&plugins)?;
    let report = build_all(&plugins, &options, &place).map_err(failure)?;
    match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => super::inspect::print_json(&report)?,
        _ => super::inspect::print(&report.text())?,
    }
    if report.failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprint!("{}", report.failures());
    Ok(ExitCode::from(exit::DATA))
}

fn options(matches: &ArgMatches) -> Result<Options, BuildError> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let arch = text("arch").and_then(|word| match word {
        "aarch64" => Some(Arch::Arm64),
        word => Arch::ALL.into_iter().find(|arch| arch.name() == word),
    });
    let os = text("target-os");
    let os = os.and_then(|word| TargetOs::ALL.into_iter().find(|os| os.word() == word));
    let features = matches.get_many::<String>("features").unwrap_or_default();
    Ok(Options {
        release: !matches.get_flag("dev"),
        target: Target::new(arch, os)?,
        features: features.cloned().collect(),
        messages: Messages::Shown,
    })
}

/// The plugins at several paths, each once.
fn find(paths: &[PathBuf]) -> Result<Vec<PluginCrate>, BuildError> {
    let mut plugins: Vec<PluginCrate> = Vec::new();
    for path in paths {
        for plugin in build::find(path)? {
            if !plugins
                .iter()
                .any(|known| known.manifest == plugin.manifest)
            {
                plugins.push(plugin);
            }
        }
    }
    Ok(plugins)
}

fn build_all(
    plugins: &[PluginCrate],
    options: &Options,
    place: &Place,
) -> Result<Report, BuildError> {
    let mut report = Report::default();
    for group in build::by_workspace(plugins) {
        let outcomes = build::start(&group, options)?.finish(&mut |_| {})?;
        for (plugin, outcome) in group.iter().zip(outcomes) {
            let checked = match outcome {
                Ok(built) => finish(plugin, &built.file, options.target, place),
                Err(_) => Err(NotBuilt::new(plugin, "it does not compile; see above")),
            };
            match checked {
                Ok(plugin) => report.plugins.push(plugin),
                Err(failed) => report.failed.push(failed),
            }
        }
    }
    Ok(report)
}

/// Checks what was built, and copies it to its place.
fn finish(
    plugin: &PluginCrate,
    file: &Path,
    target: Target,
    place: &Place,
) -> Result<Plugin, NotBuilt> {
    let checked = build::check(file, target).map_err(|error| NotBuilt::of(plugin, &error))?;
    let file = place
        .put(plugin, file)
        .map_err(|error| NotBuilt::new(plugin, &error))?;
    Ok(Plugin::new(plugin, &file, &checked, target))
}

fn failure(error: BuildError) -> anyhow::Error {
    let code = match error {
        BuildError::NoPath { .. } | BuildError::NoCrate { .. } | BuildError::NoArch => exit::USAGE,
        BuildError::NoCargo(_) | BuildError::NoZigbuild { .. } | BuildError::NoStd { .. } => {
            exit::UNAVAILABLE
        }
        BuildError::Lost(_) => exit::INTERNAL,
        _ => exit::DATA,
    };
    CommandFailed::new(code, error.to_string(), error.hint()).into()
}
