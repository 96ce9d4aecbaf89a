//! From what is to be served to what can be: plugins opened, handlers initialised.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::config::{FunctionSpec, PluginPlan, ServePlan, Settings};
use crate::engine::{Engine, Function, FunctionPlan, Mock, MockPlan, Served};
use crate::events::Destination;
use crate::exit::WrongConfig;
use crate::frontend::{Catalogue, Entry};
use crate::invocation::is_name;
use crate::observe::metrics::Metrics;
use crate::plugin::{Build, FunctionSettings, Plugin};

/// Functions that are ready, with what is needed to end them.
pub(super) struct Loaded {
    /// What frontends serve.
    pub(super) catalogue: Catalogue<Served>,
    /// The same, each with the build that it comes from.
    pub(super) ready: Vec<Ready>,
}

/// A function, and the build of the plugin that it comes from.
pub(super) struct Ready {
    pub(super) build: Build,
    pub(super) entry: Arc<Entry<Served>>,
}

/// Loads what `plan` says. Nothing of what was loaded before is touched.
pub(super) async fn load(plan: &ServePlan, metrics: &Metrics) -> anyhow::Result<Loaded> {
    let mut specs = plan.functions.clone();
    for folder in &plan.folders {
        specs.extend(in_folder(folder, &plan.others)?);
    }
    let single = specs.len() == 1;
    let mut ready = Vec::new();
    let mut names = HashSet::new();
    for spec in specs {
        let (build, entry) = function(spec, single, plan.threads, metrics).await?;
        if !names.insert(entry.name.clone()) {
            let name = entry.name;
            let hint = "name them: --plugin NAME=PATH#HANDLER";
            let wrong = format!("two functions are called `{name}`; {hint}");
            return Err(WrongConfig(wrong).into());
        }
        ready.push(Ready {
            build,
            entry: Arc::new(entry),
        });
    }
    let entries = ready.iter().map(|ready| ready.entry.clone()).collect();
    let catalogue = Catalogue::new(entries).context("wrong routes")?;
    destinations_exist(&catalogue)?;
    Ok(Loaded { catalogue, ready })
}

/// Whether every function that is to get records of events is served.
fn destinations_exist(catalogue: &Catalogue<Served>) -> Result<(), WrongConfig> {
    for entry in catalogue.entries() {
        let events = &entry.events;
        for (key, to) in [
            ("on_failure", &events.on_failure),
            ("on_success", &events.on_success),
        ] {
            if let Some(Destination::Function(target)) = to
                && catalogue.find(&target.name).is_none()
            {
                let wrong = format!(
                    "{key} of `{}`: there is no function `{}`",
                    entry.name, target.name
                );
                return Err(WrongConfig(wrong));
            }
        }
    }
    Ok(())
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
    let files = read().map_err(|error| {
        let wrong = format!("cannot read the folder {shown} (--plugin-dir): {error}");
        WrongConfig(wrong)
    })?;
    if files.is_empty() {
        return Err(WrongConfig(format!("there is no plugin (*.so) in {shown}")).into());
    }
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
) -> anyhow::Result<(Build, Entry<Served>)> {
    let begun = Instant::now();
    let path = spec.plugin.path.clone();
    let plugin = tokio::task::spawn_blocking(move || Plugin::open(&path))
        .await
        .context("cannot load the plugin")??;
    let handler_name = plugin.choose(spec.plugin.handler.as_deref())?.to_owned();
    let file = plugin.file();
    let unnamed = spec.plugin.name.is_none();
    let name = spec.plugin.name.unwrap_or_else(|| handler_name.clone());
    // The only function there is answers to its package's name too, and to `function`, which is
    // what AWS's own emulator calls it.
    let mut also = Vec::new();
    if single && unnamed {
        also.push("function".to_owned());
    }
    if unnamed && is_name(&file.package.name) {
        also.push(file.package.name.clone());
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
    let figures = metrics.function(&name, &settings.version);
    let engine = match settings.mock {
        Some(answer) => {
            let description = plugin.describe(&handler_name)?;
            let plan = MockPlan {
                answer,
                delay: None,
            };
            Engine::Mock(Box::new(Mock::new(name.as_str(), &description, plan)?))
        }
        None => {
            let handler = plugin.init(&handler_name, &known, threads).await?;
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
        plugin = %file.path.display(),
        version = file.package.version,
        handler = handler_name,
        abi = %file.abi,
        mock = matches!(engine, Engine::Mock(_)).then_some(true),
        elapsed_ms = begun.elapsed().as_micros() as f64 / 1e3,
        "loaded"
    );
    let entry = Entry {
        also,
        memory_mb: settings.memory_mb,
        function: Served::new(engine, figures.clone()),
        metrics: figures,
        version: settings.version,
        aliases: settings.aliases,
        http: settings.http,
        events: Arc::new(settings.events),
        name,
    };
    Ok((plugin.build().clone(), entry))
}

/// Stops the instances of all functions of `old`, then ends the runtimes of their plugins but for
/// those of the builds that are `kept`, all within `grace` or so. Whether all was done in time.
pub(super) async fn end(old: &[Ready], kept: &[Build], grace: Duration) -> bool {
    let stopping: Vec<_> = old
        .iter()
        .map(|ready| {
            let entry = ready.entry.clone();
            tokio::spawn(async move { entry.function.shutdown(grace).await })
        })
        .collect();
    let mut clean = true;
    for stopped in stopping {
        clean &= stopped.await.unwrap_or(false);
    }
    let left = if clean { grace } else { Duration::ZERO };
    let mut ended: HashSet<&Build> = kept.iter().collect();
    for ready in old {
        if ended.insert(&ready.build) {
            ready.entry.function.end_plugin(left).await;
        }
    }
    clean
}
