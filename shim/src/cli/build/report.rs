//! What was built, what was not, and what to type next.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::build::{BuildError, PluginCrate, Target};
use crate::cli::package::word;
use crate::plugin::preflight::{EventKind, PluginFile};

/// All there is to say.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub(super) plugins: Vec<Plugin>,
    pub(super) failed: Vec<NotBuilt>,
}

/// A plugin that was built.
#[derive(Debug, Serialize)]
pub(super) struct Plugin {
    name: String,
    version: String,
    file: String,
    size: u64,
    machine: String,
    glibc: Option<String>,
    handlers: Vec<Handler>,
    /// Whether it can be served here.
    #[serde(skip)]
    here: bool,
}

#[derive(Debug, Serialize)]
struct Handler {
    name: String,
    event: EventKind,
}

/// A plugin that was not built, or is of no use.
#[derive(Debug, Serialize)]
pub(super) struct NotBuilt {
    name: String,
    manifest: String,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl NotBuilt {
    pub(super) fn new(plugin: &PluginCrate, reason: &str) -> Self {
        Self {
            name: plugin.name.clone(),
            manifest: shown(&plugin.manifest),
            reason: reason.to_owned(),
            hint: None,
        }
    }

    pub(super) fn of(plugin: &PluginCrate, error: &BuildError) -> Self {
        Self {
            hint: error.hint(),
            ..Self::new(plugin, &error.to_string())
        }
    }
}

impl Plugin {
    pub(super) fn new(
        plugin: &PluginCrate,
        file: &Path,
        found: &PluginFile,
        target: Target,
    ) -> Self {
        let handlers = found.handlers.iter().map(|handler| Handler {
            name: handler.name.clone(),
            event: handler.event,
        });
        let glibc = found.glibc.as_ref();
        Self {
            name: plugin.name.clone(),
            version: plugin.version.clone(),
            file: shown(file),
            size: found.size,
            machine: found.machine.clone(),
            glibc: glibc.map(|need| need.version.to_string()),
            handlers: handlers.collect(),
            here: !target.is_foreign(),
        }
    }

    fn text(&self) -> String {
        let glibc = match &self.glibc {
            Some(version) => format!(", glibc {version} or newer"),
            None => String::new(),
        };
        let handlers = self.handlers.iter().map(|handler| {
            let kind = serde_json::to_value(handler.event).unwrap_or_default();
            format!("{} ({})", handler.name, kind.as_str().unwrap_or_default())
        });
        let handlers = handlers.collect::<Vec<_>>().join(", ");
        format!(
            "plugin     {} {}\nfile       {}\nsize       {} bytes ({}{glibc})\nhandlers   {handlers}\n",
            self.name, self.version, self.file, self.size, self.machine
        )
    }
}

impl Report {
    /// For people.
    pub(super) fn text(&self) -> String {
        let texts: Vec<_> = self.plugins.iter().map(Plugin::text).collect();
        let mut text = texts.join("\n");
        if let [plugin] = self.plugins.as_slice()
            && plugin.here
            && self.failed.is_empty()
        {
            let _ = writeln!(text, "\n# serve it\nshim --plugin {}", word(&plugin.file));
        }
        text
    }

    /// What failed, for standard error.
    pub(super) fn failures(&self) -> String {
        if let ([], [only]) = (self.plugins.as_slice(), self.failed.as_slice()) {
            let mut text = format!("error: {}: {}\n", only.name, only.reason);
            if let Some(hint) = &only.hint {
                let _ = writeln!(text, "  hint: {hint}");
            }
            return text;
        }
        let all = self.plugins.len() + self.failed.len();
        let mut text = format!("error: {} of {all} plugins failed\n", self.failed.len());
        for failed in &self.failed {
            let _ = writeln!(
                text,
                "  {} ({}): {}",
                failed.name, failed.manifest, failed.reason
            );
            if let Some(hint) = &failed.hint {
                let _ = writeln!(text, "    hint: {hint}");
            }
        }
        text
    }
}

/// A path as it is typed here: relative, if it is in this folder.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let relative = here
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    relative.as_deref().unwrap_or(path).display().to_string()
}
