//! Copies of what cargo has built.
//!
//! What is loaded stays mapped, and a linker may write into the file that is there: so it gets a copy
//! of its own, which nobody writes to.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use tempfile::TempDir;

use crate::build::{self, Target};

/// Which file was copied, as far as can be told without reading it.
pub(super) type Identity = (u64, u64, i64, i64, u64);

/// A build that can be loaded.
#[derive(Debug, Clone)]
pub(super) struct Staged {
    /// The copy.
    pub(super) file: PathBuf,
    /// What it is a copy of.
    identity: Identity,
    /// The package's name.
    name: String,
    /// Its handlers' names.
    pub(super) handlers: Vec<String>,
    /// Goes with its last user.
    _folder: Arc<TempDir>,
}

impl Staged {
    /// Copies the file at `built`, and sees whether it is a plugin; `None` if it is the same as
    /// `before`.
    ///
    /// # Errors
    /// It cannot be copied, or is no plugin for this shim.
    pub(super) fn new(built: &Path, before: Option<&Self>) -> anyhow::Result<Option<Self>> {
        let identity =
            identity(built).with_context(|| format!("cannot read {}", built.display()))?;
        if before.is_some_and(|before| before.identity == identity) {
            return Ok(None);
        }
        let copied = || {
            let folder = tempfile::Builder::new().prefix("shim-dev-").tempdir()?;
            let file = folder.path().join(built.file_name().unwrap_or_default());
            fs::copy(built, &file)?;
            std::io::Result::Ok((folder, file))
        };
        let (folder, file) = copied().with_context(|| {
            let folder = std::env::temp_dir();
            format!("cannot copy {} to {}", built.display(), folder.display())
        })?;
        let plugin = build::check(&file, Target::This)?;
        let handlers = plugin.handlers.iter();
        Ok(Some(Self {
            handlers: handlers.map(|handler| handler.name.clone()).collect(),
            name: plugin.label.package.name,
            file,
            identity,
            _folder: Arc::new(folder),
        }))
    }

    /// Its handlers, as `--plugin` names them: the only one is called as the plugin is, others
    /// `PLUGIN.HANDLER`; or without a name.
    pub(super) fn arguments(&self, unnamed: bool) -> Vec<String> {
        let (name, file) = (&self.name, self.file.display());
        let argument = |handler: &String| {
            if unnamed {
                format!("{file}#{handler}")
            } else if self.handlers.len() == 1 || handler == "handler" {
                format!("{name}={file}#{handler}")
            } else {
                format!("{name}.{handler}={file}#{handler}")
            }
        };
        self.handlers.iter().map(argument).collect()
    }
}

fn identity(file: &Path) -> std::io::Result<Identity> {
    let meta = fs::metadata(file)?;
    Ok((
        meta.dev(),
        meta.ino(),
        meta.mtime(),
        meta.mtime_nsec(),
        meta.size(),
    ))
}
