//! What was made, and what to type next.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::files::Wish;
use super::workspace::Workspace;
use crate::cli::package::word;

/// All there is to say of a new crate.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    name: String,
    description: &'static str,
    directory: String,
    files: Vec<String>,
    /// The manifest of the workspace that it joined.
    workspace: Option<String>,
    next: Vec<String>,
}

impl Report {
    pub(super) fn new(
        wish: &Wish<'_>,
        typed: &Path,
        files: &[(String, String)],
        workspace: Option<&Workspace>,
    ) -> Self {
        let directory = typed.display().to_string();
        let next = vec![
            format!("cd {}", word(&directory)),
            "cargo test".to_owned(),
            "shim build".to_owned(),
            "shim --config shim.toml".to_owned(),
            wish.call(),
        ];
        Self {
            name: wish.name.to_owned(),
            description: wish.description(),
            directory,
            files: files.iter().map(|(path, _)| path.clone()).collect(),
            workspace: workspace.map(|workspace| workspace.manifest.display().to_string()),
            next,
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = format!("made {}: {}\n", self.directory, self.description);
        for file in &self.files {
            let _ = writeln!(text, "  {file}");
        }
        if let Some(workspace) = &self.workspace {
            let _ = writeln!(text, "joined the workspace {workspace}");
        }
        text.push_str("\n# test it, build it, serve it; then, from another terminal, call it\n");
        for line in &self.next {
            let _ = writeln!(text, "{line}");
        }
        text
    }
}
