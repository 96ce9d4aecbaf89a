//! The function that is verified.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::ArgMatches;
use tempfile::TempDir;

use crate::config::PluginPlan;
use crate::gateway::IGNORE_STAGE;
use crate::invocation::{Home, LATEST};
use crate::package::{self, Effort, Request, TargetOs};
use crate::plugin::preflight::{self, EventKind};
use crate::runtime_api::server;

/// The name of a function that was given none.
const NAME: &str = "function";

/// The memory that it is told to have, in MiB.
pub(super) const MEMORY_MB: &str = "128";

/// What is the same at all doors.
pub(super) struct Function {
    pub(super) name: String,
    pub(super) plugin: PathBuf,
    pub(super) handler: String,
    pub(super) kind: EventKind,
    pub(super) env: Vec<(String, String)>,
    pub(super) timeout: Duration,
    pub(super) log_level: String,
    pub(super) home: Home,
    plan: package::Plan,
    /// The zip is written here, and unpacked.
    ground: TempDir,
}

impl Function {
    /// What was asked for. Nothing is run.
    pub(super) fn of(matches: &ArgMatches) -> anyhow::Result<Self> {
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        let plugin = matches.get_one::<PluginPlan>("plugin").cloned();
        let plugin = plugin.context("no plugin was given")?;
        let file = preflight::examine(&plugin.path)?;
        let wanted = text("handler").or(plugin.handler);
        let handler = file.choose(wanted.as_deref())?.to_owned();
        let described = file.handlers.iter().find(|known| known.name == handler);
        let kind = described.map_or(EventKind::Json, |known| known.event);
        let bootstrap = match text("bootstrap") {
            Some(path) => path.into(),
            None => super::super::package::beside_shim()?,
        };
        let ground = tempfile::Builder::new().prefix("shim-verify-").tempdir();
        let ground = ground.context("cannot make a temporary directory")?;
        let plan = package::plan(&Request {
            plugin: plugin.path.clone(),
            handler: Some(handler.clone()),
            bootstrap,
            includes: Vec::new(),
            arch: None,
            os: TargetOs::Al2023,
            layer_libraries: Vec::new(),
            output: Some(ground.path().join("function.zip")),
        })?;
        let env = matches.get_many::<(String, String)>("env");
        let timeout = matches.get_one::<Duration>("timeout").copied();
        Ok(Self {
            name: plugin.name.unwrap_or_else(|| NAME.to_owned()),
            plugin: file.label.path,
            handler,
            kind,
            env: env.unwrap_or_default().cloned().collect(),
            timeout: timeout.context("no timeout was given")?,
            log_level: text("log-level").unwrap_or_default(),
            home: Home::default(),
            plan,
            ground,
        })
    }

    /// Packs the function as for Lambda, and unpacks it as Lambda does: where.
    pub(super) fn unpack(&self) -> anyhow::Result<PathBuf> {
        let task_root = self.ground.path().join("task");
        package::write(&self.plan, Effort::Least, &mut |_| ())?;
        package::unpack(&self.plan.output, &task_root)?;
        Ok(task_root)
    }

    pub(super) fn ignores_stage(&self) -> bool {
        self.env.iter().any(|(name, _)| name == IGNORE_STAGE)
    }

    /// What Lambda sets for a function, but for its credentials; there is a Runtime API at `api`.
    pub(super) fn lambda_environment(&self, api: &str, task_root: &Path) -> Vec<(String, String)> {
        let root = task_root.display();
        let libraries = format!("/lib64:/usr/lib64:{root}:{root}/lib:/opt/lib");
        let level = match self.log_level.as_str() {
            level @ ("trace" | "debug" | "info" | "warn" | "error") => level.to_uppercase(),
            filter => filter.to_owned(),
        };
        let set = [
            ("AWS_LAMBDA_RUNTIME_API", api.to_owned()),
            ("_HANDLER", self.lambda_handler()),
            ("LAMBDA_TASK_ROOT", root.to_string()),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime".to_owned()),
            ("AWS_REGION", self.home.region.clone()),
            ("AWS_DEFAULT_REGION", self.home.region.clone()),
            ("AWS_LAMBDA_FUNCTION_NAME", self.name.clone()),
            ("AWS_LAMBDA_FUNCTION_VERSION", LATEST.to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_MB.to_owned()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            (
                "AWS_LAMBDA_LOG_GROUP_NAME",
                format!("/aws/lambda/{}", self.name),
            ),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "shim-verify".to_owned()),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
            ("AWS_LAMBDA_LOG_LEVEL", level),
            ("LANG", "en_US.UTF-8".to_owned()),
            ("TZ", ":UTC".to_owned()),
            ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin".to_owned()),
            ("LD_LIBRARY_PATH", libraries),
        ];
        let set = set.map(|(name, value)| (name.to_owned(), value));
        set.into_iter().chain(self.env.iter().cloned()).collect()
    }

    /// What the Runtime API says of it.
    pub(super) fn runtime_api(&self) -> server::Settings {
        server::Settings {
            function: self.name.clone(),
            version: LATEST.to_owned(),
            handler: self.lambda_handler(),
            arn: self.home.arn(&self.name, None),
            concurrency: 1,
        }
    }

    /// As Lambda writes it: `orders.create`.
    fn lambda_handler(&self) -> String {
        self.plan.handlers.concat()
    }
}
