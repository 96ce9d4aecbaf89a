//! The first phase: from the settings to a handler that is ready.

use super::locate::{self, NotLocated};
use super::settings::Settings;
use crate::engine::block_on;
use crate::invocation::{ErrorKind, FunctionError};
use crate::plugin::{Handler, LoadError, Plugin};

/// Loads the plugin that `_HANDLER` leads to and runs the handler's `init`.
///
/// # Errors
/// The document for Lambda: what is wrong, and what to do about it.
pub(super) fn load(settings: &Settings) -> Result<Handler, FunctionError> {
    let load = || -> Result<Handler, NotLocated> {
        let located = locate::locate(&settings.task_root, &settings.handler)?;
        let plugin = Plugin::open(&located.path)?;
        let handler = plugin.choose(located.handler.as_deref())?;
        let init = plugin.init(handler, &settings.function, settings.threads());
        Ok(block_on(init)?)
    };
    load().map_err(|error| document(&error))
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
        if let Some(hint) = error.hint() {
            document.message.push_str("; ");
            document.message.push_str(&hint);
        }
    }
    document
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
