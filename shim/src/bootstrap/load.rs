//! The first phase: from the settings to a handler that is ready.

use super::locate::{self, Located, NotLocated};
use super::settings::{Given, Settings};
use crate::engine::block_on;
use crate::invocation::{ErrorKind, FunctionError};
use crate::plugin::{Handler, LoadError, Plugin, Setup};

/// Loads the plugin that `_HANDLER` leads to and runs the handler's `init`.
///
/// # Errors
/// The document for Lambda: what is wrong, and what to do about it.
pub(super) fn load(settings: &Settings) -> Result<Handler, FunctionError> {
    let load = || -> Result<Handler, NotLocated> {
        let located = located(settings)?;
        let plugin = Plugin::open(&located.path)?;
        let handler = plugin.choose(located.handler.as_deref())?;
        let setup = Setup {
            threads: settings.threads(),
            lifecycle_inline: true,
            later: settings.on_demand,
        };
        let init = plugin.init(handler, &settings.function, setup);
        Ok(block_on(init)?)
    };
    load().map_err(|error| document(&error))
}

fn located(settings: &Settings) -> Result<Located, NotLocated> {
    let Given {
        plugin, handler, ..
    } = settings.given.clone();
    match plugin {
        Some(path) => Ok(Located { path, handler }),
        None => {
            let mut located = locate::locate(&settings.task_root, &settings.handler)?;
            located.handler = handler.or(located.handler);
            Ok(located)
        }
    }
}

fn document(error: &NotLocated) -> FunctionError {
    let name = match error {
        NotLocated::Load(error) => type_name(error),
        _ => "Runtime.PluginNotFound",
    };
    let mut document = FunctionError::new(ErrorKind::Internal, name, error.to_string());
    if let NotLocated::Load(error) = error {
        match error {
            LoadError::InitFailed { name, message, .. } => {
                document = FunctionError::new(ErrorKind::Handler, name, message);
            }
            LoadError::InitPanicked { .. } => document.kind = ErrorKind::Panic,
            _ => {}
        }
        if let Some(hint) = hint(error) {
            document.message.push_str("; ");
            document.message.push_str(&hint);
        }
    }
    document
}

/// What to do about it. Here a handler is not chosen by a flag.
fn hint(error: &LoadError) -> Option<String> {
    match error {
        LoadError::NoHandler {
            path, available, ..
        }
        | LoadError::SeveralHandlers { path, available } => {
            let file = path.file_stem()?.to_str()?;
            let file = file.strip_prefix("lib").unwrap_or(file);
            Some(format!(
                "set the function's handler (_HANDLER) to {file}.{}",
                available.first()?
            ))
        }
        other => other.hint(),
    }
}

fn type_name(error: &LoadError) -> &'static str {
    match error {
        LoadError::NotFound { .. } => "Runtime.PluginNotFound",
        LoadError::NoHandler { .. } | LoadError::SeveralHandlers { .. } => {
            "Runtime.HandlerNotFound"
        }
        LoadError::InitPanicked { .. } => "Runtime.Panic",
        LoadError::InitFailed { .. } | LoadError::InitHung { .. } => "Runtime.InitError",
        _ => "Runtime.InvalidPlugin",
    }
}
