//! What will be done.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::given::{Environment, Given, Origin};
use super::parse;
use super::problem::ConfigErrors;
use crate::engine::Policy;
use crate::frontend::BodyPolicy;
use crate::observe::{LogFormat, LogPlan, LogTo, colour_for_stderr, parse_filter};
use crate::server::Limits;

/// How many instances there are at most unless told otherwise.
const CONCURRENCY: usize = 1000;
/// How many invocations wait at most unless told otherwise.
const QUEUE: usize = 1000;
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

const FORMATS: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];
const POLICIES: &[(&str, Policy)] = &[
    ("adaptive", Policy::Adaptive),
    ("inline", Policy::Inline),
    ("spawned", Policy::Spawned),
];

/// A server that can be started, as far as can be told before.
#[derive(Debug)]
pub struct Plan {
    /// What to serve, how, where.
    pub serve: ServePlan,
    /// What is logged, and where to.
    pub logs: LogPlan,
}

/// What to serve, how, where.
#[derive(Debug)]
pub struct ServePlan {
    /// The plugin and its handler.
    pub plugin: PluginPlan,
    /// The function's settings.
    pub vars: Vec<(String, String)>,
    /// How long an invocation may take.
    pub timeout: Option<Duration>,
    /// How many invocations run at once: for a handler with instances, for one without.
    pub concurrency: (Option<usize>, Option<usize>),
    /// How many more may wait.
    pub queue: usize,
    /// How long an idle instance is kept.
    pub idle_timeout: Duration,
    /// Where handlers run.
    pub placement: Policy,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The admin listener.
    pub admin: Option<AdminPlan>,
    /// Threads that serve connections.
    pub threads: usize,
    /// Limits of connections.
    pub limits: Limits,
    /// Limits of request bodies.
    pub body: BodyPolicy,
}

/// Where the admin listener is.
#[derive(Debug, Clone, Copy)]
pub struct AdminPlan {
    /// Its address.
    pub listen: SocketAddr,
}

/// A plugin as it is named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginPlan {
    /// The function's name, if one was given.
    pub name: Option<String>,
    /// The file.
    pub path: PathBuf,
    /// The handler, if one was given.
    pub handler: Option<String>,
}

/// The plugin's path alone, for `--info`, which needs nothing else.
///
/// # Errors
/// No plugin was given, or not as one is given.
pub fn plugin_path(mut given: Given) -> Result<PathBuf, ConfigErrors> {
    let plugin = plugin(&mut given);
    match plugin {
        Some(plugin) if given.errors.0.is_empty() => Ok(plugin.path),
        _ => Err(given.errors),
    }
}

/// Makes the plan.
///
/// # Errors
/// All that is wrong with what was given.
pub fn resolve(mut given: Given, environment: &Environment) -> Result<Plan, ConfigErrors> {
    let logs = log_plan(&mut given, environment);
    let plugin = plugin(&mut given);
    let concurrency = given.get("concurrency", parse::or_none(parse::number(1)));
    let limits = limits(&mut given);
    let host = given
        .get("host", parse::host)
        .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let port = given.get("port", parse::port).unwrap_or(8080);
    let default_body = BodyPolicy::default();
    let serve = ServePlan {
        plugin: plugin.unwrap_or(PluginPlan {
            name: None,
            path: PathBuf::new(),
            handler: None,
        }),
        vars: given.get_all("env", parse::variable),
        timeout: given
            .get("timeout", parse::or_none(parse::duration))
            .flatten(),
        concurrency: (
            concurrency.unwrap_or(Some(CONCURRENCY)),
            concurrency.flatten(),
        ),
        queue: given.get("queue", parse::number(0)).unwrap_or(QUEUE),
        idle_timeout: given
            .get("idle-timeout", parse::duration)
            .unwrap_or(IDLE_TIMEOUT),
        placement: given
            .get("placement", parse::one_of(POLICIES))
            .unwrap_or_default(),
        listen: SocketAddr::new(host, port),
        admin: given
            .get("admin", parse::address)
            .map(|listen| AdminPlan { listen }),
        threads: given.get("threads", parse::number(1)).unwrap_or_else(cores),
        limits,
        body: BodyPolicy {
            max_bytes: given
                .get("max-body", parse::size)
                .unwrap_or(default_body.max_bytes),
            timeout: given
                .get("body-timeout", parse::duration)
                .unwrap_or(default_body.timeout),
        },
    };
    match logs {
        Some(logs) if given.errors.0.is_empty() => Ok(Plan { serve, logs }),
        _ => Err(given.errors),
    }
}

fn plugin(given: &mut Given) -> Option<PluginPlan> {
    let handler = given.get("handler", |text| Ok(text.to_owned()));
    if !given.has("plugin") {
        given.errors.add_with_hint(
            Origin::Flag,
            "no plugin given",
            "shim --plugin target/release/libhello.so",
        );
        return None;
    }
    let plugin = given.get("plugin", parse::plugin)?;
    if let (Some(one), Some(other)) = (&plugin.handler, &handler)
        && one != other
    {
        let message = format!("two handlers given: --plugin names `{one}`, --handler `{other}`");
        given.errors.add(Origin::Flag, message);
    }
    Some(PluginPlan {
        handler: plugin.handler.or(handler),
        ..plugin
    })
}

fn limits(given: &mut Given) -> Limits {
    let default = Limits::default();
    let mut duration =
        |flag, default: Duration| given.get(flag, parse::duration).unwrap_or(default);
    Limits {
        header_timeout: duration("header-timeout", default.header_timeout),
        keep_alive: duration("keep-alive", default.keep_alive),
        write_timeout: duration("write-timeout", default.write_timeout),
        grace: duration("grace", default.grace),
        connections: given
            .get("max-connections", parse::number(1))
            .unwrap_or(default.connections),
        ..default
    }
}

/// What is logged, and where to. `None`: something is wrong with it.
pub fn log_plan(given: &mut Given, environment: &Environment) -> Option<LogPlan> {
    let filter = match given.has("log-level") {
        true => given.get("log-level", |text| {
            parse_filter(text).map_err(|error| error.to_string())
        }),
        false => parse_filter("info").ok(),
    };
    let format = given
        .get("log-format", parse::one_of(FORMATS))
        .unwrap_or_else(LogFormat::default_for_stderr);
    let to = given.get("log-to", |text| match text {
        "stderr" => Ok(LogTo::Stderr),
        "syslog" => Ok(LogTo::syslog()),
        "journald" => Ok(LogTo::journald()),
        other => Err(format!(
            "expected one of stderr, syslog, journald, found `{other}`"
        )),
    });
    let no_color = environment.get("NO_COLOR");
    Some(LogPlan {
        format,
        filter: filter?,
        to: to.unwrap_or(LogTo::Stderr),
        colour: colour_for_stderr(no_color.map(AsRef::as_ref)),
    })
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
