//! Why there is no new crate, and what to do about it.

use std::path::PathBuf;

use super::name;
use crate::exit::{self, CommandFailed};

/// Why there is no new crate.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// The name is no crate's.
    #[error("`{name}` cannot be the name of a crate: {reason}")]
    Name { name: String, reason: String },

    /// Something is there already.
    #[error("{} exists already; nothing is overwritten", path.display())]
    Exists { path: PathBuf },

    /// The folder is no place for a crate.
    #[error("cannot make {}: {reason}", path.display())]
    Folder { path: PathBuf, reason: String },

    /// There is no `plugin-api` where it was said to be.
    #[error("there is no plugin-api in {}: {reason}", path.display())]
    PluginApi { path: PathBuf, reason: String },

    /// The manifest of a folder above cannot be read.
    #[error("cannot tell whether {} is a workspace to join: {reason}", path.display())]
    Read { path: PathBuf, reason: String },

    /// The manifest of the workspace is written in a way that is not understood.
    #[error("cannot add `{member}` to the members in {}", manifest.display())]
    Join { manifest: PathBuf, member: String },

    /// Writing failed.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        path: PathBuf,
        error: std::io::Error,
    },
}

impl Problem {
    pub(super) fn read(path: PathBuf, reason: &str) -> Self {
        let reason = reason.trim().to_owned();
        Self::Read { path, reason }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Name { name, .. } => {
                let suggestion = name::suggestion(name);
                match name.contains('/') {
                    true => format!("`shim new {suggestion} --dir {name}`"),
                    false => format!("`shim new {suggestion}`"),
                }
            }
            Self::Exists { .. } => "choose another name, or a folder with --dir".to_owned(),
            Self::PluginApi { .. } => {
                "name the folder of its Cargo.toml: `--plugin-api-path ../shim/plugin-api`"
                    .to_owned()
            }
            Self::Join { member, .. } => {
                format!("add it yourself, `members = [{member:?}]` in [workspace], then try again")
            }
            _ => return None,
        };
        Some(hint)
    }
}

impl From<Problem> for CommandFailed {
    fn from(problem: Problem) -> Self {
        let code = match problem {
            Problem::Read { .. } | Problem::Join { .. } => exit::DATA,
            Problem::Write { .. } => exit::INTERNAL,
            _ => exit::USAGE,
        };
        Self::new(code, problem.to_string(), problem.hint())
    }
}
