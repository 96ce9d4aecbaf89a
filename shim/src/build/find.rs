//! Which crates are plugins.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::BuildError;
use super::cargo::program;

/// How deep below a folder crates are looked for.
const MAX_DEPTH: usize = 4;

/// A crate that is built as a plugin: a `cdylib` that depends on `plugin-api`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginCrate {
    /// Cargo's own id of the package.
    pub id: String,
    /// The package's name.
    pub name: String,
    /// The package's version.
    pub version: String,
    /// Its `Cargo.toml`, absolute.
    pub manifest: PathBuf,
    /// The library's name: `orders` of `liborders.so`.
    pub library: String,
    /// The folder of its workspace; its own, if it is in none.
    pub workspace: PathBuf,
    /// Where cargo puts what it builds.
    pub target_directory: PathBuf,
}

impl PluginCrate {
    /// The folder of its `Cargo.toml`.
    pub fn directory(&self) -> &Path {
        self.manifest.parent().unwrap_or(&self.manifest)
    }
}

/// The plugins at `path`, in the order of their manifests.
///
/// * a `Cargo.toml`, or a folder with one: that package, or, if it is the root of a workspace, all
///   plugins of the workspace
/// * a folder without: the packages and workspaces below it, four levels deep
/// * a folder without any below it: the package or workspace around it, as cargo looks for it
///
/// # Errors
/// There is no such path, no crate, or no plugin among the crates; cargo cannot read a manifest.
pub fn find(path: &Path) -> Result<Vec<PluginCrate>, BuildError> {
    let absolute = path.canonicalize().map_err(|error| BuildError::NoPath {
        path: path.to_owned(),
        error,
    })?;
    let manifests = manifests(&absolute);
    if manifests.is_empty() {
        let path = path.to_owned();
        return Err(BuildError::NoCrate { path });
    }
    let mut found = BTreeMap::new();
    let mut others = Vec::new();
    for manifest in manifests {
        // Seen already, as a member of a workspace.
        if found.contains_key(&manifest) || others.contains(&manifest) {
            continue;
        }
        let metadata = metadata(&manifest)?;
        let whole = manifest.parent() == Some(&metadata.workspace_root);
        for package in &metadata.packages {
            if !whole && package.manifest_path != manifest {
                continue;
            }
            match package.plugin(&metadata) {
                Some(plugin) => drop(found.insert(package.manifest_path.clone(), plugin)),
                None => others.push(package.manifest_path.clone()),
            }
        }
    }
    if found.is_empty() {
        return Err(BuildError::NoPlugin {
            path: path.to_owned(),
            crates: others,
        });
    }
    Ok(found.into_values().collect())
}

/// The plugins, grouped by their workspaces: cargo builds those of one at a time.
pub fn by_workspace(plugins: &[PluginCrate]) -> Vec<Vec<PluginCrate>> {
    let mut groups: Vec<Vec<PluginCrate>> = Vec::new();
    for plugin in plugins {
        let same = |group: &&mut Vec<PluginCrate>| {
            let first = group.first();
            first.is_some_and(|first| first.workspace == plugin.workspace)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(plugin.clone()),
            None => groups.push(vec![plugin.clone()]),
        }
    }
    groups
}

/// The manifests to ask cargo about.
fn manifests(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let mut found = Vec::new();
    below(path, MAX_DEPTH, &mut found);
    if found.is_empty() {
        let around = path.ancestors().skip(1).map(|path| path.join("Cargo.toml"));
        found.extend(around.into_iter().find(|path| path.is_file()));
    }
    found
}

fn below(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let manifest = folder.join("Cargo.toml");
    if manifest.is_file() {
        found.push(manifest);
        return;
    }
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut folders: Vec<_> = folders.map(|entry| entry.path()).collect();
    folders.sort();
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with('.') && name != "target" && name != "node_modules" {
            below(&folder, depth, found);
        }
    }
}

/// What `cargo metadata` says, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    manifest_path: PathBuf,
    targets: Vec<LibraryOrProgram>,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct LibraryOrProgram {
    name: String,
    crate_types: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

impl Package {
    fn plugin(&self, metadata: &Metadata) -> Option<PluginCrate> {
        let is_cdylib = |types: &[String]| types.iter().any(|kind| kind == "cdylib");
        let mut targets = self.targets.iter();
        let library = targets.find(|target| is_cdylib(&target.crate_types))?;
        let mut normal = self.dependencies.iter().filter(|one| one.kind.is_none());
        normal.find(|one| one.name == "plugin-api")?;
        Some(PluginCrate {
            id: self.id.clone(),
            name: self.name.clone(),
            version: self.version.clone(),
            manifest: self.manifest_path.clone(),
            library: library.name.replace('-', "_"),
            workspace: metadata.workspace_root.clone(),
            target_directory: metadata.target_directory.clone(),
        })
    }
}

fn metadata(manifest: &Path) -> Result<Metadata, BuildError> {
    let mut cargo = Command::new(program());
    cargo
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .arg("--manifest-path")
        .arg(manifest)
        .current_dir(manifest.parent().unwrap_or(Path::new("/")))
        .stdin(Stdio::null());
    let output = cargo.output().map_err(BuildError::NoCargo)?;
    if !output.status.success() {
        return Err(BuildError::Manifest {
            path: manifest.to_owned(),
            said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        });
    }
    serde_json::from_slice(&output.stdout).map_err(|error| BuildError::Manifest {
        path: manifest.to_owned(),
        said: format!("what `cargo metadata` says is not understood: {error}"),
    })
}
