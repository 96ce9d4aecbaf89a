//! From what is asked for to what is written.

use std::path::{Path, PathBuf};

use super::elf::{self, Target};
use super::entry::{self, Entry, Include, own_name};
use super::{Arch, MAX_UNPACKED, PackageError, TargetOs, Warning, archive, output};
use crate::plugin::LoadError;
use crate::plugin::preflight::{self, PluginFile};

/// The name that Lambda starts.
const BOOTSTRAP: &str = "bootstrap";
/// The longest handler's name that Lambda takes, in characters.
const MAX_HANDLER: usize = 128;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The plugin's file.
    pub plugin: PathBuf,
    /// The handler, if one was named.
    pub handler: Option<String>,
    /// The program that Lambda starts.
    pub bootstrap: PathBuf,
    /// What else to pack.
    pub includes: Vec<Include>,
    /// For which processor; the plugin's, if none was named.
    pub arch: Option<Arch>,
    /// For which system.
    pub os: TargetOs,
    /// Libraries that layers of the function bring.
    pub layer_libraries: Vec<String>,
    /// Where to write the zip; beside nothing but in the working directory, and named after the
    /// plugin, if no place was named.
    pub output: Option<PathBuf>,
}

/// What will be written: checked, and in order.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The files, in the order of their names.
    pub entries: Vec<Entry>,
    /// For which processor.
    pub arch: Arch,
    /// For which system.
    pub os: TargetOs,
    /// The plugin's name: `orders` of `liborders.so`.
    pub name: String,
    /// The handlers that can be deployed, as Lambda writes them: the one that was chosen, or all.
    pub handlers: Vec<String>,
    /// Where to write the zip.
    pub output: PathBuf,
    /// What may be wrong.
    pub warnings: Vec<Warning>,
}

impl Plan {
    /// The size of all files in bytes.
    pub fn unpacked(&self) -> u64 {
        self.entries
            .iter()
            .fold(0, |sum, entry| sum.saturating_add(entry.size))
    }
}

/// Finds the files and checks them. Nothing is run, and nothing is written. Blocking.
///
/// # Errors
/// Whatever would keep the package from being written, or the function from running.
pub fn plan(request: &Request) -> Result<Plan, PackageError> {
    let plugin = preflight::identify(&request.plugin).map_err(PackageError::Plugin)?;
    let name = plugin_name(&request.plugin)?;
    let handlers = handlers(&plugin, &name, request)?;
    let asked = request.arch.is_some();
    let of_plugin = || Arch::of_machine(&plugin.machine);
    let Some(arch) = request.arch.or_else(of_plugin) else {
        return Err(PackageError::NoSuchMachine {
            path: plugin.label.path,
            machine: plugin.machine,
        });
    };
    if !request.bootstrap.exists() {
        let path = request.bootstrap.clone();
        return Err(PackageError::NoBootstrap { path });
    }
    let file = own_name(&request.plugin)?;
    let plugin_entry = Entry::program(&file, &request.plugin)?;
    let bootstrap = Entry::program(BOOTSTRAP, &request.bootstrap)?;

    let mut entries = vec![plugin_entry.clone(), bootstrap.clone()];
    for include in &request.includes {
        entry::included(include, &mut entries)?;
    }
    let entries = entry::in_order(entries)?;
    not_shadowed(&entries, &plugin_entry, &name)?;
    let output = request.output.clone();
    let output = output.unwrap_or_else(|| format!("{name}.zip").into());
    let directories = request
        .includes
        .iter()
        .map(|include| include.path.as_path());
    output::check(&output, &entries, &directories.collect::<Vec<_>>())?;

    let target = Target {
        arch,
        asked,
        os: request.os,
        layer_libraries: &request.layer_libraries,
    };
    let mut warnings = elf::check(target, (&plugin, &plugin_entry), &bootstrap, &entries)?;
    if request.os == TargetOs::Al2 {
        warnings.push(Warning::OldSystem(request.os));
    }
    let plan = Plan {
        entries,
        arch,
        os: request.os,
        name,
        handlers,
        output,
        warnings,
    };
    if plan.unpacked() > MAX_UNPACKED {
        return Err(archive::too_large(&plan.entries));
    }
    Ok(plan)
}

/// How Lambda's handlers name the file: without `lib` and `.so`.
fn plugin_name(path: &Path) -> Result<String, PackageError> {
    let refused = |reason| PackageError::PluginName {
        path: path.to_owned(),
        reason,
    };
    let file = own_name(path)?;
    let Some(stem) = file.strip_suffix(".so") else {
        return Err(refused("its name does not end with `.so`"));
    };
    if file.contains(char::is_whitespace) {
        return Err(refused("its name has white space"));
    }
    match stem.strip_prefix("lib").unwrap_or(stem) {
        "" => Err(refused("its name is empty")),
        name => Ok(name.to_owned()),
    }
}

/// Whether bootstrap finds the plugin: it looks for `orders.so` before `liborders.so`.
fn not_shadowed(entries: &[Entry], plugin: &Entry, name: &str) -> Result<(), PackageError> {
    let first = format!("{name}.so");
    match entries.iter().find(|entry| entry.name == first) {
        Some(other) if other != plugin => Err(PackageError::Shadowed {
            path: plugin.source.clone(),
            other: other.source.clone(),
            name: first,
        }),
        _ => Ok(()),
    }
}

/// The handlers, as Lambda writes them.
fn handlers(
    plugin: &PluginFile,
    name: &str,
    request: &Request,
) -> Result<Vec<String>, PackageError> {
    let chosen = match plugin.choose(request.handler.as_deref()) {
        Ok(handler) => vec![handler.to_owned()],
        // One package may be deployed as several functions.
        Err(LoadError::SeveralHandlers { available, .. }) => available,
        Err(error) => return Err(PackageError::Plugin(error)),
    };
    let handlers: Vec<_> = chosen
        .iter()
        .map(|handler| format!("{name}.{handler}"))
        .collect();
    if handlers
        .iter()
        .any(|handler| handler.chars().count() > MAX_HANDLER)
    {
        return Err(PackageError::PluginName {
            path: plugin.path.clone(),
            reason: "with the handler's name it is longer than Lambda's 128 characters",
        });
    }
    Ok(handlers)
}
