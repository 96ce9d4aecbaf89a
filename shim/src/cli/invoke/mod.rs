//! `shim invoke`: a function is called, over the Invoke API or in this process.
//!
//! * [`call`], [`event`], [`examples`]: what is sent
//! * [`endpoint`], `tls`: where to; [`local`]: or to a plugin, through the same API in memory
//! * [`client`]: the exchange; [`frames`]: streamed responses; [`failure`]: what can go wrong
//! * [`once`], [`repeat`], [`latency`]: what is printed

mod call;
mod client;
mod command;
mod endpoint;
mod event;
mod examples;
mod failure;
mod frames;
mod latency;
mod local;
mod once;
mod repeat;
#[cfg(feature = "tls")]
mod tls;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::ArgMatches;
use tokio::runtime::Runtime;

use self::call::{Call, NAME};
use self::client::{Client, Door};
use self::endpoint::Endpoint;
use self::local::Local;
use super::signals;
use crate::auth::Signer;
use crate::config::{Environment, PluginPlan};
use crate::engine::{CELL_WORKERS, Watchdog};
use crate::exit::{BadData, CommandFailed, USAGE};
use crate::invocation::is_name;
use crate::observe;

pub(super) use command::command;

/// How long an answer is waited for: as long as a function may run in Lambda.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let json = matches
        .get_one::<String>("output")
        .is_some_and(|how| how == "json");
    if matches.get_flag("list-examples") {
        examples::list(json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let environment = Environment::of_process();
    let name = matches.get_one::<String>("name");
    let plugin = matches.get_one::<PluginPlan>("plugin").cloned();
    let waits = matches
        .get_one::<String>("type")
        .is_none_or(|kind| kind == "request-response");
    if !waits && matches.get_flag("stream") {
        return Err(usage("--stream waits for a response", "leave --type away").into());
    }
    match plugin {
        Some(mut plugin) => {
            if matches
                .get_one::<String>("type")
                .is_some_and(|kind| kind == "event")
            {
                let hint = "start a server with `shim --plugin`, which keeps and retries events";
                return Err(usage("--type event needs a server", hint).into());
            }
            let given = name.filter(|name| is_name(name)).cloned();
            plugin.name = plugin.name.or(given);
            let name = name.or(plugin.name.as_ref()).cloned();
            let call = Call::of(matches, name.as_deref().unwrap_or(NAME))?;
            in_process(matches, &plugin, call, &environment, json)
        }
        None => {
            let call = Call::of(matches, name.map_or(NAME, |name| name))?;
            let flag = matches.get_one::<String>("endpoint-url");
            let endpoint = Endpoint::of(flag.map(String::as_str), &environment)?;
            let runtime = runtime(2)?;
            let client = Client {
                signer: signer(&endpoint, &environment)?,
                door: Door::Endpoint(endpoint),
                call,
                patience: Some(matches.get_one("timeout").copied().unwrap_or(PATIENCE)),
            };
            runtime.block_on(invoke(matches, &Arc::new(client), json))
        }
    }
}

/// Without a server: the plugin is loaded here.
fn in_process(
    matches: &ArgMatches,
    plugin: &PluginPlan,
    call: Call,
    environment: &Environment,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let plan = local::plan(matches, plugin, environment)?;
    let logs = observe::init(plan.logs).context("cannot set up logging")?;
    let runtime = runtime(CELL_WORKERS)?;
    let watchdog = Watchdog::start(&[runtime.handle().clone()]);
    let invoked = runtime.block_on(async {
        let client = Arc::new(Client {
            door: Door::Plugin(Local::load(&plan.serve).await?),
            call,
            signer: None,
            // The function has its own limit.
            patience: None,
        });
        let (_stop, mut stopped) = signals::stop()?;
        let invoked = tokio::select! {
            invoked = invoke(matches, &client, json) => invoked,
            _ = stopped.wait_for(Option::is_some) => Err(anyhow!("stopped by a signal")),
        };
        if let Some(Client {
            door: Door::Plugin(local),
            ..
        }) = Arc::into_inner(client)
        {
            local.end().await;
        }
        invoked
    });
    drop(watchdog);
    // A handler that still blocks a thread does not keep the process.
    runtime.shutdown_background();
    drop(logs);
    invoked
}

async fn invoke(
    matches: &ArgMatches,
    client: &Arc<Client>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    match matches.get_one::<u32>("repeat") {
        None => once::run(client, json).await,
        Some(calls) => {
            let concurrency = matches.get_one::<u32>("concurrency").copied();
            repeat::run(client, *calls, concurrency.unwrap_or(1), json).await
        }
    }
}

fn runtime(workers: usize) -> anyhow::Result<Runtime> {
    let built = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build();
    built.context("cannot start the runtime")
}

/// Who signs, if there is a key in the environment.
fn signer(endpoint: &Endpoint, environment: &Environment) -> Result<Option<Signer>, BadData> {
    let set = |name| environment.get(name).and_then(|value| value.to_str());
    let signer = Signer::from_variables(
        set("AWS_ACCESS_KEY_ID"),
        set("AWS_SECRET_ACCESS_KEY"),
        set("AWS_SESSION_TOKEN"),
        &endpoint.region(environment),
    );
    signer.map_err(|error| {
        let hint = "set both to sign the call, or neither";
        BadData::new(format!("the call cannot be signed: {error}"), hint)
    })
}

fn usage(message: &str, hint: &str) -> CommandFailed {
    CommandFailed {
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
        code: USAGE,
    }
}
