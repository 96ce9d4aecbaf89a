//! From what is to be served to what can be: plugins opened, handlers initialised.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};

use crate::config::{FunctionSpec, PluginPlan, ServePlan, Settings};
use crate::engine::{Engine, Function, FunctionPlan, Mock, Served};
use crate::events::Destination;
use crate::exit::Misconfigured;
use crate::frontend::{Catalogue, Entry};
use crate::gateway::IGNORE_STAGE;
use crate::invocation::is_name;
use crate::observe::metrics::Metrics;
use crate::plugin::{FunctionSettings, LoadError, Plugin, Setup};

/// Functions that are ready, with what is needed to end them.
pub(super) struct Loaded {
    /// What frontends serve.
    pub(super) catalogue: Catalogue<Served>,
    /// The same, to end them.
    pub(super) ready: Vec<Ready>,
}

/// A function that is served.
pub(super) type Ready = Arc<Entry<Served>>;

/// Loads what `plan` says. Nothing of what was loaded before is touched.
pub(super) async fn load(plan: &ServePlan, metrics: &Metrics) -> anyhow::Result<Loaded> {
    let mut specs = plan.functions.clone();
    if !plan.folders.is_empty() {
        let (folders, others) = (plan.folders.clone(), plan.others.clone());
        let found = tokio::task::spawn_blocking(move || in_folders(&folders, &others));
        specs.extend(found.await?.map_err(misconfigured)?);
    }
    let single = specs.len() == 1;
    let mut ready = Vec::new();
    let mut names = HashSet::new();
    for spec in specs {
        let entry = function(spec, single, plan.threads, metrics).await?;
        if !names.insert(entry.name.clone()) {
            return Err(misconfigured(anyhow!(
                "two functions are called `{}`; name them: --plugin NAME=PATH#HANDLER",
                entry.name
            )));
        }
        ready.push(Arc::new(entry));
    }
    let catalogue = Catalogue::new(ready.clone()).context("wrong routes");
    let catalogue = catalogue.map_err(misconfigured)?;
    destinations_exist(&catalogue).map_err(misconfigured)?;
    Ok(Loaded { catalogue, ready })
}

/// Whether every function that is to get records of events is served.
fn destinations_exist(catalogue: &Catalogue<Served>) -> anyhow::Result<()> {
    for entry in catalogue.entries() {
        for (key, to) in [
            ("on_failure", &entry.events.on_failure),
            ("on_success", &entry.events.on_success),
        ] {
            if let Some(Destination::Function(target)) = to {
                anyhow::ensure!(
                    catalogue.find(&target.name).is_some(),
                    "{key} of `{}`: there is no function `{}`",
                    entry.name,
                    target.name
                );
            }
        }
    }
    Ok(())
}

fn misconfigured(error: anyhow::Error) -> anyhow::Error {
    // A bad plugin is one wherever it stands.
    if error.is::<LoadError>() {
        return error;
    }
    Misconfigured(error).into()
}

fn in_folders(folders: &[PathBuf], settings: &Settings) -> anyhow::Result<Vec<FunctionSpec>> {
    let mut specs = Vec::new();
    for folder in folders {
        specs.extend(in_folder(folder, settings)?);
    }
    Ok(specs)
}

/// Every handler of every plugin in a folder. The only handler of a plugin is called as the plugin
/// is, others `PLUGIN.HANDLER`.
fn in_folder(folder: &Path, settings: &Settings) -> anyhow::Result<Vec<FunctionSpec>> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for file in std::fs::read_dir(folder)? {
            let path = file?.path();
            let hidden = path
                .file_name()
                .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
            if path.extension().is_some_and(|kind| kind == "so") && !hidden && path.is_file() {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    };
    let shown = folder.display();
    let files = read().with_context(|| format!("cannot read the folder {shown} (--plugin-dir)"))?;
    anyhow::ensure!(!files.is_empty(), "there is no plugin (*.so) in {shown}");
    let mut specs = Vec::new();
    for path in files {
        let file = crate::plugin::preflight::examine(&path)?;
        let only = file.handlers.len() == 1;
        for handler in &file.handlers {
            let plugin = &file.package.name;
            let name = if only || handler.name == "handler" {
                plugin.clone()
            } else {
                format!("{plugin}.{}", handler.name)
            };
            specs.push(FunctionSpec {
                plugin: PluginPlan {
                    name: Some(name),
                    path: path.clone(),
                    handler: Some(handler.name.clone()),
                },
                settings: settings.clone(),
            });
        }
    }
    Ok(specs)
}

async fn function(
    spec: FunctionSpec,
    single: bool,
    threads: usize,
    metrics: &Metrics,
) -> anyhow::Result<Entry<Served>> {
    let begun = Instant::now();
    let path = spec.plugin.path.clone();
    let plugin = tokio::task::spawn_blocking(move || Plugin::open(&path))
        .await
        .context("cannot load the plugin")??;
    let handler_name = plugin.choose(spec.plugin.handler.as_deref())?.to_owned();
    let label = plugin.label();
    let unnamed = spec.plugin.name.is_none();
    let name = spec.plugin.name.unwrap_or_else(|| handler_name.clone());
    // The only function there is answers to `function`, too, which is what AWS's own emulator calls it;
    // one without a name of its own to its package's name.
    let mut also = Vec::new();
    if single {
        also.push("function".to_owned());
    }
    if unnamed && is_name(&label.package.name) {
        also.push(label.package.name.clone());
    }
    let settings = spec.settings;
    let known = FunctionSettings {
        name: name.clone(),
        version: settings.version.clone(),
        memory_limit_mb: settings.memory_mb.unwrap_or(0),
        vars: settings.vars,
        // Whoever invokes it by an ARN hands that along.
        ..FunctionSettings::default()
    };
    let ignore_stage = known.vars.iter().any(|(name, _)| name == IGNORE_STAGE);
    let figures = metrics.function(&name, &settings.version);
    let engine = match settings.mock {
        Some(answer) => {
            let description = plugin.describe(&handler_name)?;
            let name = name.clone();
            // It may read a file.
            let made = tokio::task::spawn_blocking(move || Mock::new(name, &description, answer));
            let made = made.await?.map_err(|error| misconfigured(error.into()))?;
            Engine::Mock(Box::new(made))
        }
        None => {
            let setup = Setup {
                threads,
                ..Setup::default()
            };
            let init = plugin.init(&handler_name, &known, setup);
            let handler = tokio::time::timeout(Plugin::INIT_LIMIT, init)
                .await
                .unwrap_or_else(|_| {
                    Err(LoadError::InitHung {
                        path: label.path.clone(),
                        handler: handler_name.clone(),
                        limit: Plugin::INIT_LIMIT,
                    })
                })?;
            let (with_instances, stateless) = settings.concurrency;
            let plan = FunctionPlan {
                name: name.clone(),
                timeout: settings.timeout,
                concurrency: if handler.is_stateless() {
                    stateless
                } else {
                    with_instances
                },
                queue: settings.queue,
                idle_timeout: settings.idle_timeout,
                placement: settings.placement,
            };
            let function = Function::new(plan, handler, figures.clone());
            Engine::InProcess(Box::new(function))
        }
    };
    tracing::info!(
        function = name,
        plugin = %label.path.display(),
        version = label.package.version,
        handler = handler_name,
        abi = %label.abi,
        mock = matches!(engine, Engine::Mock(_)).then_some(true),
        elapsed_ms = begun.elapsed().as_micros() as f64 / 1e3,
        "loaded"
    );
    Ok(Entry {
        also,
        memory_mb: settings.memory_mb,
        function: Served::new(engine, figures.clone()),
        metrics: figures,
        version: settings.version,
        aliases: settings.aliases,
        http: settings.http,
        ignore_stage,
        events: Arc::new(settings.events),
        name,
    })
}

/// Stops the instances of all these functions, for at most `grace`. Whether all was done in time.
///
/// The runtime of a plugin ends by itself when its last function goes.
pub(super) async fn stop(ready: &[Ready], grace: Duration) -> bool {
    let stopping: Vec<_> = ready
        .iter()
        .map(|entry| {
            let entry = entry.clone();
            tokio::spawn(async move { entry.function.shutdown(grace).await })
        })
        .collect();
    let mut clean = true;
    for stopped in stopping {
        clean &= stopped.await.unwrap_or(false);
    }
    clean
}

/// At the end of the process: waits for the runtimes of the plugins, for at most `grace` all together.
pub(super) async fn end_plugins(ready: &[Ready], grace: Duration) {
    let ending: Vec<_> = ready
        .iter()
        .map(|entry| {
            let entry = entry.clone();
            tokio::spawn(async move { entry.function.end_plugin(grace).await })
        })
        .collect();
    for ended in ending {
        let _ = ended.await;
    }
}
