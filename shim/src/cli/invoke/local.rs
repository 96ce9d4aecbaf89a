//! A plugin in this process, behind the Invoke API but without a server: connections to it are
//! pipes in memory.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwapOption;
use clap::ArgMatches;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;

use crate::cli::load::{self, Ready};
use crate::config::{self, Environment, Given, Plan, PluginPlan};
use crate::engine::Served;
use crate::events::{Events, EventsPlan};
use crate::frontend::{Current, InvokeApi};
use crate::observe::metrics::Metrics;

/// How much a pipe holds, in bytes, for each direction.
const PIPE: usize = 256 * 1024;

/// How long instances may take to stop.
const STOP: Duration = Duration::from_secs(5);

/// What the plugin logs; of the shim itself what is wrong. How an invocation ended is told anyway.
const LOGGED: &str = "shim=warn,shim::invocation=off";

/// What would serve this plugin, as `shim serve` has it.
pub(super) fn plan(
    matches: &ArgMatches,
    plugin: &PluginPlan,
    environment: &Environment,
) -> anyhow::Result<Plan> {
    let texts = |name: &str| matches.get_many::<String>(name).unwrap_or_default();
    let path = plugin
        .path
        .to_str()
        .context("the plugin's path is not UTF-8")?;
    let mut file = path.to_owned();
    if let Some(name) = &plugin.name {
        file = format!("{name}={file}");
    }
    if let Some(handler) = &plugin.handler {
        file = format!("{file}#{handler}");
    }
    // A line for each of many calls is of no use.
    let quiet = matches.contains_id("repeat");
    let usual = if quiet { "warn" } else { "info" };
    let level = texts("log-level").next().map_or(usual, |level| level);
    let env = matches.get_many::<(String, String)>("env");
    let env = env.unwrap_or_default();
    let timeout = matches.get_one::<Duration>("timeout");
    let timeout = timeout.copied().unwrap_or(super::PATIENCE);
    let mut given = Given::default();
    for (name, values) in [
        ("plugin", vec![file]),
        ("handler", texts("handler").cloned().collect()),
        (
            "env",
            env.map(|(name, value)| format!("{name}={value}")).collect(),
        ),
        ("timeout", vec![format!("{}ms", timeout.as_millis().max(1))]),
        ("log-level", vec![format!("{LOGGED},{level}")]),
        ("log-format", vec!["text".to_owned()]),
        // An attempt is never joined to another one.
        ("retry-window", vec!["none".to_owned()]),
    ] {
        if let Some(setting) = config::setting::find(name)
            && !values.is_empty()
        {
            given.flag(setting, values);
        }
    }
    Ok(config::resolve(given, environment)?)
}

/// A plugin's function that is ready.
pub(super) struct Local {
    api: Arc<InvokeApi<Served>>,
    ready: Vec<Ready>,
}

impl Local {
    /// Loads and initialises what `plan` says.
    pub(super) async fn load(plan: &config::ServePlan) -> anyhow::Result<Self> {
        let loaded = load::load(plan, &Metrics::new()).await?;
        let current = Arc::new(Current::new(loaded.catalogue));
        let events = Arc::new(Events::start(EventsPlan::default(), current.clone()));
        let invoke = plan.invoke.clone().context("the Invoke API is off")?;
        let nobody = Arc::new(ArcSwapOption::empty());
        Ok(Self {
            api: Arc::new(InvokeApi::new(current, invoke, events, nobody)),
            ready: loaded.ready,
        })
    }

    /// A new connection.
    pub(super) fn connect(&self) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(PIPE);
        let api = self.api.clone();
        tokio::spawn(async move {
            let service = service_fn(|request: Request<Incoming>| {
                let api = api.clone();
                async move { Ok::<_, Infallible>(*api.call(request.into()).await) }
            });
            // What breaks is told at the other end.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(theirs), service)
                .await;
        });
        ours
    }

    /// Stops its instances.
    pub(super) async fn end(self) {
        let clean = load::stop(&self.ready, STOP).await;
        if !clean {
            tracing::warn!("a handler still runs, or an instance has not stopped, after {STOP:?}");
        }
        let rest = if clean { STOP } else { Duration::ZERO };
        load::end_plugins(&self.ready, rest).await;
    }
}
