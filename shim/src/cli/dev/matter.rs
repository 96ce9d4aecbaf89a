//! Which files matter to the builds.

use std::path::{Path, PathBuf};

use super::watch::Matter;
use crate::build::{self, PluginCrate};

/// The files that plugins are built from, and `config`. `built` are the files that were built, as far
/// as they were: cargo has written down beside them what they were built from.
pub(super) fn matter(plugins: &[PluginCrate], config: &Path, built: &[PathBuf]) -> Matter {
    let mut matter = Matter::default();
    for plugin in plugins {
        let name = format!("lib{}.so", plugin.library);
        let is_its = |file: &&PathBuf| {
            file.starts_with(&plugin.target_directory) && file.file_name() == Some(name.as_ref())
        };
        let file = built.iter().find(is_its);
        for source in build::sources(plugin, file.map(PathBuf::as_path)) {
            // What build scripts have made comes anew with each build.
            if source.starts_with(&plugin.target_directory) {
                continue;
            }
            if source.extension().is_some_and(|kind| kind == "rs")
                && let Some(folder) = source.parent()
            {
                matter.sources.insert(folder.to_owned());
            }
            matter.files.insert(source);
        }
        for folder in [plugin.directory(), &plugin.workspace] {
            matter.files.insert(folder.join("Cargo.toml"));
            matter.files.insert(folder.join("Cargo.lock"));
        }
        matter.files.insert(plugin.directory().join("build.rs"));
        let tree = plugin.directory().join("src");
        if !matter.trees.contains(&tree) {
            matter.trees.push(tree);
        }
    }
    matter.files.extend(std::path::absolute(config).ok());
    matter
}
