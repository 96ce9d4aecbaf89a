//! What will be done.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::functions::{FunctionSpec, PluginPlan, Settings, functions};
use super::given::{Environment, Fixed, Given, Origin};
use super::listen::{Listen, listen, overruled};
use super::parse;
use super::problem::ConfigErrors;
use crate::auth::Credentials;
use crate::frontend::{BodyPolicy, InvokePlan};
use crate::invocation::Home;
use crate::observe::{LogFormat, LogPlan, LogTo, colour_for_stderr, parse_filter};
use crate::server::Limits;

/// How many asynchronous events wait at most unless told otherwise.
const EVENT_QUEUE: usize = 10_000;
/// How long answers are kept for an SDK that sends a call again.
const RETRY_WINDOW: Duration = Duration::from_secs(30);

const FORMATS: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];
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
    /// The functions.
    pub functions: Vec<FunctionSpec>,
    /// Folders of plugins, all of whose handlers are served.
    pub folders: Vec<PathBuf>,
    /// How handlers from these folders are served.
    pub others: Settings,
    /// Where to listen, unless a socket was passed.
    pub listen: SocketAddr,
    /// What was said of addresses and does not count, because sockets were passed: `--port`.
    pub overruled: Vec<String>,
    /// Certificate chain and key, for TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The path of the health check.
    pub health_path: Option<String>,
    /// The admin listener.
    pub admin: Option<AdminPlan>,
    /// The Invoke API; `None`: plain HTTP alone.
    pub invoke: Option<InvokePlan>,
    /// Why it is not served.
    pub invoke_off: Option<&'static str>,
    /// The file with the keys that requests to the API must be signed with.
    pub credentials: Option<KeysFrom>,
    /// How many asynchronous events may wait.
    pub event_queue: usize,
    /// Where those are kept that wait at shutdown.
    pub spool: Option<PathBuf>,
    /// Threads that serve connections.
    pub threads: usize,
    /// Limits of connections.
    pub limits: Limits,
    /// Limits of request bodies.
    pub body: BodyPolicy,
    /// The settings that a reload does not read, as they were given.
    pub fixed: Vec<Fixed>,
}

/// Where the keys are that requests to the API must be signed with.
#[derive(Debug, Clone)]
pub enum KeysFrom {
    /// In this file.
    File(PathBuf),
    /// They were in the environment.
    Environment(Credentials),
}

/// Where the admin listener is.
#[derive(Debug, Clone, Copy)]
pub struct AdminPlan {
    /// Its address.
    pub listen: SocketAddr,
}

/// The one plugin that was given, for `what`, which takes one and needs nothing else.
///
/// # Errors
/// No plugin was given, several were, or not as one is given.
pub fn only_plugin(mut given: Given, what: &str) -> Result<PluginPlan, ConfigErrors> {
    let mut functions = functions(&mut given, &Home::default()).specs;
    let only = functions.pop();
    let problem = match &only {
        Some(_) if functions.is_empty() => None,
        Some(_) => Some(format!("{what} is of one plugin: give one --plugin")),
        None => Some(format!("{what} needs a --plugin")),
    };
    if let Some(problem) = problem.filter(|_| given.errors.0.is_empty()) {
        given.errors.add(Origin::Flag, problem);
    }
    match only {
        Some(only) if given.errors.0.is_empty() => Ok(only.plugin),
        _ => Err(given.errors),
    }
}

/// Makes the plan.
///
/// # Errors
/// All that is wrong with what was given.
pub fn resolve(mut given: Given, environment: &Environment) -> Result<Plan, ConfigErrors> {
    let logs = log_plan(&mut given, environment);
    let home = home(&mut given, environment);
    let functions = functions(&mut given, &home);
    let limits = limits(&mut given);
    let Listen {
        address: listen,
        platform,
        reach,
    } = listen(&mut given);
    let default_body = BodyPolicy::default();
    let body = BodyPolicy {
        max_bytes: given
            .get("max-body", parse::size)
            .unwrap_or(default_body.max_bytes),
        timeout: given
            .get("body-timeout", parse::duration)
            .unwrap_or(default_body.timeout),
    };
    let credentials = given.get("credentials", |text| keys_from(text, environment));
    let (invoke, invoke_off) = match invoke(
        &mut given,
        home,
        body,
        reach,
        platform,
        credentials.is_some(),
    ) {
        Ok(plan) => (Some(plan), None),
        Err(reason) => (None, Some(reason)),
    };
    let serve = ServePlan {
        functions: functions.specs,
        folders: functions.folders,
        others: functions.others,
        listen,
        overruled: overruled(&given),
        tls: tls(&mut given),
        health_path: given
            .get("health-path", parse::or_none(parse::url_path))
            .flatten(),
        admin: given
            .get("admin", parse::address)
            .map(|listen| AdminPlan { listen }),
        invoke,
        invoke_off,
        credentials,
        event_queue: given
            .get("event-queue", parse::number(1))
            .unwrap_or(EVENT_QUEUE),
        spool: given.get("spool", parse::path),
        threads: given.get("threads", parse::number(1)).unwrap_or_else(cores),
        limits,
        body,
        fixed: given.fixed(),
    };
    match logs {
        Some(logs) if given.errors.0.is_empty() => Ok(Plan { serve, logs }),
        _ => Err(given.errors),
    }
}

/// `env`, or a file.
fn keys_from(text: &str, environment: &Environment) -> Result<KeysFrom, String> {
    if text != "env" {
        return Ok(KeysFrom::File(text.into()));
    }
    let value = |name| environment.get(name).and_then(|value| value.to_str());
    let found = Credentials::from_variables(
        value("AWS_ACCESS_KEY_ID"),
        value("AWS_SECRET_ACCESS_KEY"),
        value("AWS_SESSION_TOKEN"),
    );
    match found {
        Ok(Some(keys)) => Ok(KeysFrom::Environment(keys)),
        Ok(None) => Err(
            "`env` stands for AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and neither is set"
                .to_owned(),
        ),
        Err(error) => Err(error.to_string()),
    }
}

/// Where functions pretend to live.
fn home(given: &mut Given, environment: &Environment) -> Home {
    let default = Home::default();
    let word = |text: &str| {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (!text.is_empty() && text.bytes().all(fits))
            .then(|| text.to_owned())
            .ok_or_else(|| format!("expected a region such as us-east-1, found `{text}`"))
    };
    let region = given.get("region", word).or_else(|| {
        let known = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter();
        let mut set = known.filter_map(|name| environment.get(name)?.to_str());
        set.find_map(|text| word(text).ok())
    });
    let account = given.get("account", |text| {
        let fits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.to_owned())
            .ok_or_else(|| format!("expected twelve digits, found `{text}`"))
    });
    Home {
        region: region.unwrap_or(default.region),
        account: account.unwrap_or(default.account),
    }
}

/// The Invoke API. Whoever reaches it can run functions, so it is not opened to a network by
/// accident.
fn invoke(
    given: &mut Given,
    home: Home,
    body: BodyPolicy,
    host: IpAddr,
    platform: bool,
    signed: bool,
) -> Result<InvokePlan, &'static str> {
    let allowed = given
        .get("allow-unauthenticated", parse::truth)
        .unwrap_or_default();
    let wanted = given.get("invoke-api", parse::truth);
    let open = !host.is_loopback() && !signed && !allowed;
    let plan = InvokePlan {
        home,
        base_path: given
            .get("base-path", parse::url_path)
            .map(|path| path.trim_end_matches('/').to_owned())
            .unwrap_or_default(),
        body,
        retry_window: given
            .get("retry-window", parse::or_none(parse::duration))
            .unwrap_or(Some(RETRY_WINDOW)),
    };
    match wanted {
        Some(false) => Err("--invoke-api false"),
        _ if !open => Ok(plan),
        // Web functions are meant: these are served, the API is not.
        None if platform => Err(
            "PORT is set, and nobody said who may call it (--credentials, --allow-unauthenticated)",
        ),
        _ => {
            let origin = match given.passed.http {
                Some(_) => Some(Origin::Variable),
                None => given.origin("host"),
            };
            given.errors.add_with_hint(
                origin.unwrap_or(Origin::Flag),
                format!(
                    "the Invoke API would be open to everybody who can reach {host}: it runs \
                     functions for whoever asks"
                ),
                "say who may: --credentials FILE; or that everybody may: --allow-unauthenticated; \
                 or serve plain HTTP alone: --invoke-api false",
            );
            Err("it would be open")
        }
    }
}

fn tls(given: &mut Given) -> Option<(PathBuf, PathBuf)> {
    let certificate = given.get("tls-cert", parse::path);
    let key = given.get("tls-key", parse::path);
    match (certificate, key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => {
            given.errors.add(
                Origin::Flag,
                "TLS needs both the certificate (--tls-cert) and its key (--tls-key)",
            );
            None
        }
    }
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
