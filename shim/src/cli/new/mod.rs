//! `shim new`: the crate of a new function.

mod command;
mod files;
mod folder;
mod kind;
mod name;
mod problem;
mod report;
mod workspace;

use std::path::{Path, PathBuf};

use clap::ArgMatches;

use crate::exit::CommandFailed;
use files::{PluginApi, Takes, Wish};
use problem::Problem;
use report::Report;
use workspace::Workspace;

pub(super) use command::command;

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let report = make(matches).map_err(CommandFailed::from)?;
    match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => super::inspect::print_json(&report),
        _ => super::inspect::print(&report.text()),
    }
}

fn make(matches: &ArgMatches) -> Result<Report, Problem> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let name = text("name").unwrap_or_default();
    if let Some(reason) = name::refusal(name) {
        let name = name.to_owned();
        return Err(Problem::Name { name, reason });
    }
    let typed = PathBuf::from(text("dir").unwrap_or(name));
    let folder = folder::absolute(&typed)?;
    folder::check(&typed, &folder)?;
    let workspace = Workspace::around(&folder)?;
    let root = workspace
        .as_ref()
        .and_then(|workspace| workspace.manifest.parent());
    let takes = match text("event").and_then(kind::find) {
        Some(kind) => Takes::Event(kind),
        None if matches.get_flag("http") => Takes::Http,
        None => Takes::Json,
    };
    let plugin_api = match text("plugin-api-path") {
        Some(path) => PluginApi::Path(plugin_api(path.as_ref(), &folder, root)?),
        None if workspace
            .as_ref()
            .is_some_and(|workspace| workspace.has_plugin_api) =>
        {
            PluginApi::Workspace
        }
        None => PluginApi::Published,
    };
    let target = match root {
        Some(root) => folder::relative(&root.join("target"), &folder),
        None => PathBuf::from("target"),
    };
    let wish = Wish {
        name,
        takes,
        lifecycle: matches.get_flag("lifecycle"),
        plugin_api,
        in_workspace: workspace.is_some(),
        target: target.display().to_string(),
    };
    let files = wish.files();
    folder::write(&typed, &folder, &files)?;
    if let Some(workspace) = &workspace
        && let Err(error) = workspace.join()
    {
        folder::remove(&folder);
        let path = workspace.manifest.clone();
        return Err(Problem::Write { path, error });
    }
    Ok(Report::new(&wish, &typed, &files, workspace.as_ref()))
}

/// The path of a `plugin-api` as it goes into the manifest: relative in a workspace that has both,
/// otherwise absolute, so that the crate can be moved.
fn plugin_api(path: &Path, folder: &Path, root: Option<&Path>) -> Result<String, Problem> {
    let problem = |reason: &str| Problem::PluginApi {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let absolute = path
        .canonicalize()
        .map_err(|error| problem(&error.to_string()))?;
    let manifest = std::fs::read_to_string(absolute.join("Cargo.toml"));
    let manifest = manifest.map_err(|error| problem(&format!("Cargo.toml: {error}")))?;
    let manifest: toml::Table =
        toml::from_str(&manifest).map_err(|error| problem(error.message()))?;
    let package = manifest
        .get("package")
        .and_then(|package| package.get("name"));
    match package.and_then(toml::Value::as_str) {
        Some("plugin-api") => {}
        Some(other) => return Err(problem(&format!("it has the package `{other}`"))),
        None => return Err(problem("it has no package")),
    }
    let path = match root {
        Some(root) if absolute.starts_with(root) => folder::relative(&absolute, folder),
        _ => absolute,
    };
    Ok(path.display().to_string())
}
