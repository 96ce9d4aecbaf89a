//! What the environment says: Lambda's variables, and two of ours.

use std::ffi::OsString;
use std::path::PathBuf;

use tracing_subscriber::filter::Targets;

use super::invoke::Web;
use crate::gateway;
use crate::observe::{LogFormat, parse_filter};
use crate::plugin::FunctionSettings;
use crate::runtime_api::client::{Endpoint, NotAnEndpoint};

/// How a function runs.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// `AWS_LAMBDA_RUNTIME_API`
    pub(super) endpoint: Endpoint,
    /// `LAMBDA_TASK_ROOT`, or the current directory.
    pub(super) task_root: PathBuf,
    /// `_HANDLER`; empty where it is not set.
    pub(super) handler: String,
    /// What was said instead of `_HANDLER`.
    pub(super) given: Given,
    /// What the handler may know of its function.
    pub(super) function: FunctionSettings,
    /// `AWS_LAMBDA_MAX_CONCURRENCY`: how many invocations run at once.
    pub(super) concurrency: usize,
    /// `AWS_LAMBDA_INITIALIZATION_TYPE` is `snap-start`.
    pub(super) snap_start: bool,
    /// It is `on-demand`, or not said: an invocation waits already. Otherwise everything is made
    /// before the first one is asked for.
    pub(super) on_demand: bool,
    /// `SHIM_INVOKE_MODE`, and the stage in paths.
    pub(super) web: Web,
}

/// What may be said on a command line, beside the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// The plugin's file; otherwise `_HANDLER` leads to it.
    pub plugin: Option<PathBuf>,
    /// The handler's name; otherwise `_HANDLER` says it.
    pub handler: Option<String>,
    /// What was said and means nothing here: flags of a server.
    pub ignored: Vec<String>,
}

/// How the response of a web handler goes back, as the invoke mode of a function URL says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InvokeMode {
    /// Whole, in the form of the event that it answers.
    #[default]
    Buffered,
    /// As it comes, its head before it. Only function URLs and REST APIs that are set to stream
    /// understand it.
    ResponseStream,
}

/// How it logs.
#[derive(Debug, Clone)]
pub(super) struct Logs {
    pub(super) format: LogFormat,
    pub(super) filter: Targets,
    /// What is wrong with the variables, told once there is a log.
    pub(super) problem: Option<String>,
}

/// Why a function cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is no Runtime API to ask.
    #[error(
        "AWS_LAMBDA_RUNTIME_API is not set: this program runs functions in AWS Lambda, which sets it"
    )]
    NoRuntimeApi,
    /// Its address is none.
    #[error("AWS_LAMBDA_RUNTIME_API: {0}")]
    Endpoint(#[from] NotAnEndpoint),
    /// A variable of ours has no such value.
    #[error("{name} is {found:?}: expected {expected}")]
    Value {
        /// The variable.
        name: &'static str,
        /// Its value.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
}

/// Memory for which Lambda gives one core, in MiB.
const MEMORY_OF_A_CORE: u32 = 1769;

/// The most invocations that run at once, whatever is asked for: each has a thread.
const MAX_CONCURRENCY: usize = 1024;

/// The variables of the process.
pub(super) type Variables = Vec<(OsString, OsString)>;

fn find<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
    let (_, value) = variables.iter().find(|(found, _)| found == name)?;
    value.to_str().filter(|value| !value.is_empty())
}

/// Where the Runtime API is, if that is known.
pub(super) fn endpoint(variables: &Variables) -> Option<Endpoint> {
    find(variables, "AWS_LAMBDA_RUNTIME_API")?.parse().ok()
}

impl Settings {
    pub(super) fn read(variables: &Variables, given: Given) -> Result<Self, SettingsError> {
        let get = |name| find(variables, name);
        let endpoint = get("AWS_LAMBDA_RUNTIME_API").ok_or(SettingsError::NoRuntimeApi)?;
        let mode = match get("SHIM_INVOKE_MODE") {
            None | Some("buffered") => InvokeMode::Buffered,
            Some("response_stream") => InvokeMode::ResponseStream,
            Some(other) => {
                return Err(SettingsError::Value {
                    name: "SHIM_INVOKE_MODE",
                    found: other.to_owned(),
                    expected: "buffered or response_stream",
                });
            }
        };
        let number = |name| get(name).and_then(|value| value.parse().ok());
        let text = |name| get(name).unwrap_or_default().to_owned();
        let all = variables.iter().filter_map(|(name, value)| {
            Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()))
        });
        let function = FunctionSettings {
            name: text("AWS_LAMBDA_FUNCTION_NAME"),
            version: text("AWS_LAMBDA_FUNCTION_VERSION"),
            arn: String::new(),
            memory_limit_mb: number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").unwrap_or(0),
            vars: all.collect(),
        };
        let concurrency: Option<u32> = number("AWS_LAMBDA_MAX_CONCURRENCY");
        let initialization = get("AWS_LAMBDA_INITIALIZATION_TYPE").unwrap_or("on-demand");
        Ok(Self {
            endpoint: endpoint.parse()?,
            task_root: get("LAMBDA_TASK_ROOT").unwrap_or(".").into(),
            handler: text("_HANDLER"),
            given,
            function,
            concurrency: concurrency
                .map_or(1, |most| most as usize)
                .clamp(1, MAX_CONCURRENCY),
            snap_start: initialization == "snap-start",
            on_demand: initialization == "on-demand",
            web: Web {
                mode,
                ignore_stage: get(gateway::IGNORE_STAGE).is_some(),
            },
        })
    }

    /// Worker threads for the plugin's runtime: as many as Lambda gives cores, or all there are (0).
    pub(super) fn threads(&self) -> usize {
        match (self.concurrency, self.function.memory_limit_mb) {
            (1, memory @ 1..) => memory.div_ceil(MEMORY_OF_A_CORE) as usize,
            _ => 0,
        }
    }
}

impl Logs {
    /// JSON where Lambda is set to it, text otherwise. The level is the one of `SHIM_LOG_LEVEL`,
    /// else Lambda's, else that of `RUST_LOG`, else `info`.
    pub(super) fn read(variables: &Variables) -> Self {
        let get = |name| find(variables, name);
        let managed = get("AWS_LAMBDA_INITIALIZATION_TYPE") == Some("lambda-managed-instances");
        let json = get("AWS_LAMBDA_LOG_FORMAT").is_some_and(|it| it.eq_ignore_ascii_case("json"));
        let names = ["SHIM_LOG_LEVEL", "AWS_LAMBDA_LOG_LEVEL", "RUST_LOG"];
        let chosen = names.iter().find_map(|name| Some((*name, get(name)?)));
        let (name, level) = chosen.unwrap_or(("", "info"));
        // Lambda's name for what ends a runtime: nothing of ours is more than an error.
        let level = if level.eq_ignore_ascii_case("fatal") {
            "error"
        } else {
            level
        };
        let (filter, problem) = match parse_filter(level) {
            Ok(filter) => (filter, None),
            Err(error) => {
                let usual = Targets::new().with_default(tracing::Level::INFO);
                (usual, Some(format!("{name}: {error}; logging at info")))
            }
        };
        Self {
            format: match json || managed {
                true => LogFormat::Json,
                false => LogFormat::Text,
            },
            filter,
            problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::{Given, InvokeMode, LogFormat, Logs, Settings, Variables};

    fn variables(given: &[(&str, &str)]) -> Variables {
        given
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    #[test]
    fn lambdas_variables_make_the_settings() {
        let given = variables(&[
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("LAMBDA_TASK_ROOT", "/var/task"),
            ("_HANDLER", "orders.create"),
            ("AWS_LAMBDA_FUNCTION_NAME", "orders"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "3008"),
            ("AWS_LAMBDA_MAX_CONCURRENCY", "1"),
            ("SHIM_INVOKE_MODE", "response_stream"),
        ]);
        let settings = Settings::read(&given, Given::default()).unwrap();
        assert_eq!(settings.handler, "orders.create");
        assert_eq!(settings.function.version, "$LATEST");
        assert_eq!(settings.threads(), 2);
        assert_eq!(settings.web.mode, InvokeMode::ResponseStream);
        assert_eq!(settings.function.vars.len(), 8);
        assert!(!settings.snap_start && settings.on_demand);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let error = |given: &[_]| {
            let read = Settings::read(&variables(given), Given::default());
            read.unwrap_err().to_string()
        };
        assert!(error(&[]).starts_with("AWS_LAMBDA_RUNTIME_API is not set"));
        assert!(error(&[("AWS_LAMBDA_RUNTIME_API", "here")]).contains("expected host:port"));
        let api = ("AWS_LAMBDA_RUNTIME_API", "a:1");
        let mode = error(&[api, ("SHIM_INVOKE_MODE", "stream")]);
        assert_eq!(
            mode,
            "SHIM_INVOKE_MODE is \"stream\": expected buffered or response_stream"
        );
    }

    #[test]
    fn format_and_level_are_as_lambda_says() {
        let logs = |given: &[_]| Logs::read(&variables(given));
        assert_eq!(logs(&[]).format, LogFormat::Text);
        let json = logs(&[
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_LOG_LEVEL", "WARN"),
            ("RUST_LOG", "trace"),
        ]);
        assert_eq!(json.format, LogFormat::Json);
        assert!(json.filter.would_enable("x", &Level::WARN));
        assert!(!json.filter.would_enable("x", &Level::INFO));
        let fatal = logs(&[("AWS_LAMBDA_LOG_LEVEL", "FATAL")]);
        assert!(fatal.filter.would_enable("x", &Level::ERROR));
        assert!(!fatal.filter.would_enable("x", &Level::WARN));
        let odd = logs(&[("AWS_LAMBDA_LOG_LEVEL", "loud=very")]);
        assert!(odd.filter.would_enable("x", &Level::INFO));
        assert!(
            odd.problem
                .unwrap()
                .starts_with("AWS_LAMBDA_LOG_LEVEL: log filter")
        );
        let managed = ("AWS_LAMBDA_INITIALIZATION_TYPE", "lambda-managed-instances");
        assert_eq!(logs(&[managed]).format, LogFormat::Json);
    }
}
