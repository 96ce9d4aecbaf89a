//! Where plugins go when they are built.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::build::PluginCrate;
use crate::exit::{self, CommandFailed};

/// Where plugins go when they are built.
pub(super) struct Place {
    /// The folder, if not cargo's own.
    pub(super) folder: Option<PathBuf>,
    /// Under names with versions.
    pub(super) versioned: bool,
}

impl Place {
    /// Refuses what would put two plugins into one file.
    pub(super) fn check(&self, plugins: &[PluginCrate]) -> Result<(), CommandFailed> {
        if self.folder.is_none() {
            return Ok(());
        }
        let mut names: HashMap<String, &PluginCrate> = HashMap::new();
        for plugin in plugins {
            let name = self.name(plugin);
            if let Some(first) = names.insert(name.clone(), plugin) {
                let message = format!(
                    "{} and {} would both be {name} in --output-dir",
                    first.manifest.display(),
                    plugin.manifest.display()
                );
                let hint = "build them one at a time, to folders of their own".to_owned();
                return Err(CommandFailed::new(exit::USAGE, message, Some(hint)));
            }
        }
        Ok(())
    }

    /// Puts a file where it is to be: the path.
    ///
    /// The file there is exchanged in one step: who has the old one open keeps it.
    pub(super) fn put(&self, plugin: &PluginCrate, file: &Path) -> Result<PathBuf, String> {
        let folder = match (&self.folder, self.versioned) {
            (None, false) => return Ok(file.to_owned()),
            (Some(folder), _) => folder.as_path(),
            (None, true) => file.parent().unwrap_or(Path::new(".")),
        };
        let path = folder.join(self.name(plugin));
        let copy = || -> io::Result<()> {
            fs::create_dir_all(folder)?;
            let copy = tempfile::NamedTempFile::new_in(folder)?;
            fs::copy(file, copy.path())?;
            copy.persist(&path)?;
            Ok(())
        };
        copy().map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(path)
    }

    fn name(&self, plugin: &PluginCrate) -> String {
        match self.versioned {
            true => format!("{}_v{}.so", plugin.name, plugin.version),
            false => format!("lib{}.so", plugin.library),
        }
    }
}
