//! The functions that are to be served.

use std::path::PathBuf;
use std::time::Duration;

use super::given::{Given, Origin};
use super::parse;
use crate::engine::{MockAnswer, Policy};
use crate::events::{Destination, EventConfig, Target as EventTarget};
use crate::frontend::HttpUse;
use crate::frontend::url::{Cors, CorsRules, Route};
use crate::invocation::{Home, LATEST, is_alias, is_version};

/// How many instances there are at most unless told otherwise.
const CONCURRENCY: usize = 1000;
/// How many invocations wait at most unless told otherwise.
const QUEUE: usize = 1000;
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

const POLICIES: &[(&str, Policy)] = &[
    ("adaptive", Policy::Adaptive),
    ("inline", Policy::Inline),
    ("spawned", Policy::Spawned),
];

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

impl std::str::FromStr for PluginPlan {
    type Err = String;

    /// Reads `[NAME=]PATH[#HANDLER]`.
    fn from_str(text: &str) -> Result<Self, String> {
        parse::plugin(text)
    }
}

/// A function that is to be served.
#[derive(Debug, Clone)]
pub struct FunctionSpec {
    /// The plugin and its handler.
    pub plugin: PluginPlan,
    /// How it is served.
    pub settings: Settings,
}

/// How a function is served.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the handler may read with `ctx.var`.
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
    /// The memory that it is told to have, in MiB.
    pub memory_mb: Option<u32>,
    /// The version that it is.
    pub version: String,
    /// The aliases of this version.
    pub aliases: Vec<String>,
    /// Answers without running the handler.
    pub mock: Option<MockAnswer>,
    /// How it is called over plain HTTP.
    pub http: HttpUse,
    /// What becomes of its asynchronous events.
    pub events: EventConfig,
}

/// All functions, and how those are served that are found in folders.
pub(super) struct Functions {
    pub(super) specs: Vec<FunctionSpec>,
    pub(super) folders: Vec<PathBuf>,
    pub(super) others: Settings,
}

/// All functions that were given. What is wrong is noted.
pub(super) fn functions(given: &mut Given, home: &Home) -> Functions {
    let handler = given.get("handler", |text| Ok(text.to_owned()));
    let mut plugins = given.get_all("plugin", parse::plugin);
    let folders = given.get_all("plugin-dir", |text| Ok(PathBuf::from(text)));
    let tables = given.functions();
    // A file that could not be read might have named one.
    let unread = given
        .errors
        .0
        .iter()
        .any(|problem| problem.origin == Origin::File);
    if !unread && !given.has("plugin") && folders.is_empty() && tables.is_empty() {
        given.errors.add_with_hint(
            Origin::Flag,
            "no plugin given",
            "shim --plugin target/release/libhello.so",
        );
    }
    if let Some(handler) = handler {
        match plugins.as_mut_slice() {
            [only] => match &only.handler {
                Some(one) if *one != handler => {
                    let message = format!(
                        "two handlers given: --plugin names `{one}`, --handler `{handler}`"
                    );
                    given.errors.add(Origin::Flag, message);
                }
                _ => only.handler = Some(handler),
            },
            [] => given.errors.add_with_hint(
                Origin::Flag,
                format!("--handler {handler} is of no plugin"),
                "a handler stands beside its plugin: [function.NAME] handler = \"create\"",
            ),
            _ => given.errors.add_with_hint(
                Origin::Flag,
                format!("--handler {handler} does not say of which plugin"),
                "name it with the plugin: --plugin orders=liborders.so#create",
            ),
        }
    }
    let others = settings(given, home);
    let mut specs = Vec::new();
    for mut plugin in plugins {
        // A table may say more of a function that the command line names.
        let table = plugin
            .name
            .as_ref()
            .and_then(|name| tables.iter().position(|table| table == name));
        given.enter(table);
        if plugin.handler.is_none() && table.is_some() {
            plugin.handler = given.get("handler", |text| Ok(text.to_owned()));
        }
        let settings = match table {
            Some(_) => settings(given, home),
            None => others.clone(),
        };
        given.enter(None);
        specs.push(FunctionSpec { plugin, settings });
    }
    for (index, name) in tables.into_iter().enumerate() {
        let known = |spec: &FunctionSpec| spec.plugin.name.as_deref() == Some(name.as_str());
        if specs.iter().any(known) {
            continue;
        }
        given.enter(Some(index));
        let found = table(given, name);
        let settings = settings(given, home);
        given.enter(None);
        if let Some(plugin) = found {
            specs.push(FunctionSpec { plugin, settings });
        }
    }
    names_are_unique(given, &specs);
    Functions {
        specs,
        folders,
        others,
    }
}

/// The plugin of `[function.NAME]`.
fn table(given: &mut Given, name: String) -> Option<PluginPlan> {
    if !given.has("plugin") {
        given.errors.add_with_hint(
            Origin::File,
            format!("function.{name} has no plugin"),
            format!("[function.{name}] plugin = \"target/release/lib{name}.so\""),
        );
        return None;
    }
    let handler = given.get("handler", |text| Ok(text.to_owned()));
    let plugin = given.get("plugin", parse::plugin)?;
    Some(PluginPlan {
        name: Some(name),
        handler: plugin.handler.or(handler),
        path: plugin.path,
    })
}

fn names_are_unique(given: &mut Given, specs: &[FunctionSpec]) {
    let mut names: Vec<_> = specs
        .iter()
        .filter_map(|spec| spec.plugin.name.as_deref())
        .collect();
    names.sort_unstable();
    for pair in names.windows(2) {
        if pair[0] == pair[1] {
            let message = format!("two functions are called `{}`", pair[0]);
            given.errors.add(Origin::Flag, message);
        }
    }
}

fn settings(given: &mut Given, home: &Home) -> Settings {
    let concurrency = given.get("concurrency", parse::or_none(parse::number(1)));
    let version = given.get("version", |text| {
        let fits = text == LATEST || is_version(text);
        fits.then(|| text.to_owned())
            .ok_or_else(|| format!("expected a number or $LATEST, found `{text}`"))
    });
    Settings {
        vars: given.get_merged("env", parse::variable),
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
        memory_mb: given
            .get("memory-mb", parse::number(1))
            .map(|megabytes| u32::try_from(megabytes).unwrap_or(u32::MAX)),
        version: version.unwrap_or_else(|| LATEST.to_owned()),
        aliases: given.get_all("aliases", |text| {
            is_alias(text).then(|| text.to_owned()).ok_or_else(|| {
                format!(
                    "an alias is up to 128 letters, digits, `-` and `_`, and no number, found \
                     `{text}`"
                )
            })
        }),
        mock: given.get("mock", mock),
        http: http(given),
        events: events(given, home),
    }
}

fn mock(text: &str) -> Result<MockAnswer, String> {
    match text.split_once(':') {
        None if text == "empty" => Ok(MockAnswer::Empty),
        None if text == "random" => Ok(MockAnswer::Random { seed: None }),
        Some(("random", seed)) => match seed.parse() {
            Ok(seed) => Ok(MockAnswer::Random { seed: Some(seed) }),
            Err(_) => Err(format!("expected random:NUMBER, found `{text}`")),
        },
        Some(("file", path)) if !path.is_empty() => Ok(MockAnswer::File(path.into())),
        _ => Err(format!(
            "expected empty, random, random:SEED or file:PATH, found `{text}`"
        )),
    }
}

fn http(given: &mut Given) -> HttpUse {
    let routes = given.get_all("routes", |text| {
        text.parse::<Route>().map_err(|error| error.to_string())
    });
    let v2 = given.get(
        "http-events",
        parse::one_of(&[("none", false), ("v2", true)]),
    );
    let text = |text: &str| Ok(text.to_owned());
    let max_age = given.get("cors-max-age", parse::duration);
    let rules = CorsRules {
        allow_origins: given.get_all("cors-origins", text),
        allow_methods: given.get_all("cors-methods", text),
        allow_headers: given.get_all("cors-headers", text),
        expose_headers: given.get_all("cors-expose", text),
        max_age: max_age.map(|age| u32::try_from(age.as_secs()).unwrap_or(u32::MAX)),
        allow_credentials: given
            .get("cors-credentials", parse::truth)
            .unwrap_or_default(),
    };
    let cors = (!rules.allow_origins.is_empty()).then(|| Cors::new(&rules));
    let cors = cors.transpose().unwrap_or_else(|error| {
        given
            .errors
            .add(Origin::File, format!("cors-origins and the like: {error}"));
        None
    });
    HttpUse {
        events_v2: v2.unwrap_or(!routes.is_empty()),
        routes,
        cors,
    }
}

fn events(given: &mut Given, home: &Home) -> EventConfig {
    let default = EventConfig::default();
    let retries = given.get("event-retries", |text| {
        let number = text.parse().ok().filter(|number| *number <= 2_u32);
        number.ok_or_else(|| format!("expected 0, 1 or 2, found `{text}`"))
    });
    let delays = given.get_all("event-retry-delays", parse::duration);
    let destination = |text: &str| match text.split_once(':') {
        Some(("function", name)) => {
            parse::function_name(name)?;
            Ok(Destination::Function(EventTarget {
                name: name.to_owned(),
                qualifier: None,
                arn: home.arn(name, None),
                version: LATEST.to_owned(),
            }))
        }
        Some(("file", path)) if !path.is_empty() => Ok(Destination::File(path.into())),
        _ => Err(format!(
            "expected function:NAME or file:PATH, found `{text}`"
        )),
    };
    EventConfig {
        max_retries: retries.unwrap_or(default.max_retries),
        retry_delays: if delays.is_empty() {
            default.retry_delays
        } else {
            delays
        },
        max_age: given
            .get("event-max-age", parse::duration)
            .unwrap_or(default.max_age),
        on_failure: given.get("on-failure", destination),
        on_success: given.get("on-success", destination),
    }
}
