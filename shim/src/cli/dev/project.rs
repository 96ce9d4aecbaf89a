//! What is built, and the plan to serve it.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clap::ArgMatches;

use super::command::settings;
use super::staged::Staged;
use crate::build::{self, BuildError, PluginCrate};
use crate::config::{self, Environment, Given, Plan, setting};

/// The port that Lambda's own tools use on a developer's machine.
const PORT: &str = "9000";
/// What the shim itself does with plugins is told in lines of our own.
const LOGS: &str = "info,shim::cli=warn";

/// The plugins, and how they are served.
pub(super) struct Project {
    matches: ArgMatches,
    /// `shim.toml`; it may come later.
    pub(super) config: PathBuf,
    /// It was named, so it has to be there.
    named: bool,
    /// In the order in which they are served.
    plugins: Mutex<Arc<[PluginCrate]>>,
    staged: Mutex<Builds>,
}

/// The builds that are served, by the manifests of their crates.
pub(super) type Builds = HashMap<PathBuf, Staged>;

impl Project {
    /// The plugins that are meant.
    ///
    /// # Errors
    /// There are none at one of the paths, or cargo cannot tell.
    pub(super) fn new(matches: &ArgMatches) -> Result<Self, BuildError> {
        let plugins = find(matches)?;
        let named = config_file(matches);
        Ok(Self {
            named: named.is_some(),
            config: named.unwrap_or_else(|| default_config(&plugins)),
            staged: Mutex::default(),
            matches: matches.clone(),
            plugins: Mutex::new(plugins.into()),
        })
    }

    /// The plugins, as they were found last.
    pub(super) fn plugins(&self) -> Arc<[PluginCrate]> {
        lock(&self.plugins).clone()
    }

    /// Looks again which plugins there are: manifests have changed. Blocks.
    ///
    /// # Errors
    /// As [`new`](Self::new); what was found before stays.
    pub(super) fn find_again(&self) -> Result<(), BuildError> {
        let plugins = find(&self.matches)?;
        *lock(&self.plugins) = plugins.into();
        Ok(())
    }

    /// The builds that are served.
    pub(super) fn staged(&self) -> Builds {
        lock(&self.staged).clone()
    }

    /// Serves these from the next plan on.
    pub(super) fn exchange(&self, staged: Builds) {
        *lock(&self.staged) = staged;
    }

    /// The plan to serve what is built.
    ///
    /// A function of `shim.toml` whose plugin is one of ours, by the name of its file, is served
    /// from our build. Of plugins that it does not name, all handlers are served.
    ///
    /// # Errors
    /// All that is wrong with the settings.
    pub(super) fn plan(&self) -> anyhow::Result<Plan> {
        let (plugins, staged) = (self.plugins(), self.staged());
        let staged: Vec<_> = plugins
            .iter()
            .map(|one| staged.get(&one.manifest))
            .collect();
        let mut files: HashMap<OsString, Option<PathBuf>> = HashMap::new();
        for (plugin, staged) in plugins.iter().zip(&staged) {
            let file = staged.as_ref().map(|staged| staged.file.clone());
            files.insert(format!("lib{}.so", plugin.library).into(), file);
        }
        let environment = Environment::of_process();
        // What is wrong with the file is told by the plan below.
        let alone = config::resolve(self.given(&environment, Vec::new()), &environment);
        let named: Option<Vec<OsString>> = alone.ok().map(|plan| {
            let specs = plan.serve.functions.iter();
            let names = specs.filter_map(|spec| spec.plugin.path.file_name());
            names.map(OsStr::to_owned).collect()
        });
        let others = staged.iter().flatten().filter(|staged| {
            let file = staged.file.file_name();
            !named.iter().flatten().any(|name| Some(&**name) == file)
        });
        let others: Vec<_> = others.collect();
        // Alone it has the names that the only function has.
        let unnamed = named.is_some_and(|named| named.is_empty())
            && plugins.len() == 1
            && others.iter().all(|staged| staged.handlers.len() == 1);
        let texts = others
            .into_iter()
            .flat_map(|staged| staged.arguments(unnamed));
        // Stands for what is not built yet, so that a table of the file may be about it.
        let absent = plugins
            .iter()
            .zip(&staged)
            .filter(|(_, staged)| staged.is_none());
        let absent = absent.map(|(one, _)| format!("{}=lib{}.so", one.name, one.library));
        let texts = texts.chain(absent).collect();
        let mut plan = config::resolve(self.given(&environment, texts), &environment)?;
        plan.serve.functions.retain_mut(|spec| {
            let name = spec.plugin.path.file_name().unwrap_or_default();
            match files.get(name) {
                Some(Some(file)) => spec.plugin.path.clone_from(file),
                Some(None) => return false,
                None => {}
            }
            true
        });
        Ok(plan)
    }

    fn given(&self, environment: &Environment, plugins: Vec<String>) -> Given {
        let mut given = Given::default();
        let put = |given: &mut Given, flag: &str, texts: Vec<String>| {
            if let Some(setting) = setting::find(flag) {
                given.flag(setting, texts);
            }
        };
        put(&mut given, "plugin", plugins);
        for setting in settings() {
            if let Some(texts) = self.matches.get_many::<String>(setting.flag) {
                given.flag(setting, texts.cloned().collect());
            }
        }
        given.variables(environment);
        if self.named || self.config.is_file() {
            given.file(&self.config);
        }
        put(&mut given, "port", vec![PORT.to_owned()]);
        put(&mut given, "log-level", vec![LOGS.to_owned()]);
        given
    }
}

fn find(matches: &ArgMatches) -> Result<Vec<PluginCrate>, BuildError> {
    let mut plugins: Vec<PluginCrate> = Vec::new();
    for path in matches.get_many::<String>("path").unwrap_or_default() {
        for plugin in build::find(Path::new(path))? {
            if plugins.iter().all(|known| known.id != plugin.id) {
                plugins.push(plugin);
            }
        }
    }
    Ok(plugins)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file that was named.
fn config_file(matches: &ArgMatches) -> Option<PathBuf> {
    if let Some(named) = matches.get_one::<String>("config") {
        return Some(named.into());
    }
    let environment = Environment::of_process();
    environment.get("SHIM_CONFIG").map(PathBuf::from)
}

/// `shim.toml` beside the only crate; else the one here.
fn default_config(plugins: &[PluginCrate]) -> PathBuf {
    let here = Path::new("shim.toml");
    match plugins {
        [only] if !here.is_file() => only.directory().join("shim.toml"),
        _ => here.to_owned(),
    }
}
