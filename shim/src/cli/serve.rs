//! `shim serve`: load, listen, serve, drain, stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::ServePlan;
use crate::engine::{CELL_WORKERS, Function, FunctionPlan, Watchdog};
use crate::exit::{self, Unavailable};
use crate::frontend::{Admin, Http, Readiness};
use crate::invocation::Invoke as _;
use crate::plugin::{FunctionSettings, Plugin};
use crate::server::{Cells, serve, serve_on};

/// Least time that instances get to stop, even when the requests used up the grace.
const LEAST_STOP: Duration = Duration::from_secs(1);

/// Serves until a signal ends it.
pub(super) fn run(plan: ServePlan) -> anyhow::Result<()> {
    let cells = (0..plan.threads)
        .map(|_| cell())
        .collect::<Result<Vec<_>, _>>();
    let cells = cells.context("cannot start the runtime")?;
    let handles: Vec<_> = cells.iter().map(|cell| cell.handle().clone()).collect();
    let watchdog = Watchdog::start(&handles);
    // The first one also accepts connections, starts and stops.
    let served = cells.first().map(|first| {
        let cells = Cells::new(handles);
        first.block_on(async { tokio::spawn(until_stopped(plan, cells)).await })
    });
    drop(watchdog);
    // A handler that still blocks a thread does not keep the process.
    cells.into_iter().for_each(Runtime::shutdown_background);
    served
        .context("no thread to serve with")?
        .context("the server failed")?
}

/// One runtime, for one core.
fn cell() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(CELL_WORKERS)
        .thread_name("shim")
        .enable_all()
        .build()
}

async fn until_stopped(plan: ServePlan, cells: Cells) -> anyhow::Result<()> {
    let (stop, stopped) = stop_signal()?;
    let listener = bind(plan.listen, "--port").await?;
    let address = listener.local_addr().context("cannot tell the address")?;
    let readiness = Readiness::new();
    let admin = match plan.admin {
        Some(admin) => {
            let listener = bind(admin.listen, "--admin").await?;
            let address = listener.local_addr().context("cannot tell the address")?;
            tracing::info!(%address, "admin listener");
            let served = serve(
                listener.into(),
                Admin::new(readiness.clone()),
                plan.limits.clone(),
                // Until the very end: while requests drain, it says so.
                std::future::pending(),
            );
            Some(tokio::spawn(served))
        }
        None => None,
    };

    let grace = plan.limits.grace;
    let loaded = tokio::select! {
        loaded = load(&plan) => loaded?,
        () = wait(stopped.clone()) => return Ok(()),
    };
    let function = Arc::new(loaded);
    readiness.set_ready();
    tracing::info!(function = function.name(), "serving http://{address}");

    let stopping = {
        let readiness = readiness.clone();
        let stopped = wait(stopped);
        async move {
            stopped.await;
            readiness.set_stopping();
            tracing::info!("stopping: requests in flight may take {grace:?}");
        }
    };
    let app = Http::new(function.clone(), plan.body);
    let begun = stop.subscribe();
    let drained = serve_on(cells, listener.into(), app, plan.limits, stopping).await;
    let since = *begun.borrow();
    let left = grace.saturating_sub(since.map_or(Duration::ZERO, |since| since.elapsed()));
    if drained.aborted_requests > 0 {
        tracing::warn!(
            requests = drained.aborted_requests,
            "grace is over, requests were cut"
        );
    }
    if !function.shutdown(left.max(LEAST_STOP)).await {
        tracing::warn!("grace is over, a handler still runs or an instance has not stopped");
    }
    if let Some(admin) = admin {
        admin.abort();
    }
    tracing::info!("stopped");
    Ok(())
}

/// Loads the plugin and makes its function.
async fn load(plan: &ServePlan) -> anyhow::Result<Function> {
    let begun = Instant::now();
    let path = plan.plugin.path.clone();
    let plugin = tokio::task::spawn_blocking(move || Plugin::open(&path))
        .await
        .context("cannot load the plugin")??;
    let handler_name = plugin.choose(plan.plugin.handler.as_deref())?.to_owned();
    let name = plan
        .plugin
        .name
        .clone()
        .unwrap_or_else(|| handler_name.clone());
    let settings = FunctionSettings {
        name: name.clone(),
        version: "$LATEST".to_owned(),
        vars: plan.vars.clone(),
        ..FunctionSettings::default()
    };
    let handler = plugin.init(&handler_name, &settings, plan.threads).await?;
    let file = plugin.file();
    tracing::info!(
        plugin = %file.path.display(),
        version = file.package.version,
        handler = handler_name,
        abi = %file.abi,
        elapsed_ms = begun.elapsed().as_micros() as f64 / 1e3,
        "loaded"
    );
    let (with_instances, stateless) = plan.concurrency;
    let plan = FunctionPlan {
        name,
        timeout: plan.timeout,
        concurrency: if handler.is_stateless() {
            stateless
        } else {
            with_instances
        },
        queue: plan.queue,
        idle_timeout: plan.idle_timeout,
        placement: plan.placement,
    };
    Ok(Function::new(plan, handler))
}

async fn bind(address: SocketAddr, flag: &'static str) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    Ok(bound.map_err(|error| Unavailable {
        address,
        flag,
        error,
    })?)
}

/// When the stop began; `None` until then.
type Stop = Option<Instant>;

/// Listens for SIGTERM and SIGINT: the first stops, the second aborts.
fn stop_signal() -> anyhow::Result<(Arc<watch::Sender<Stop>>, watch::Receiver<Stop>)> {
    let (stop, stopped) = watch::channel(None);
    let stop = Arc::new(stop);
    let mut term = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut int = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let sender = stop.clone();
    tokio::spawn(async move {
        for number in 1.. {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
            if number > 1 {
                exit::abort("a second signal: aborting");
            }
            sender.send_replace(Some(Instant::now()));
        }
    });
    Ok((stop, stopped))
}

async fn wait(mut stopped: watch::Receiver<Stop>) {
    // The sender gone, nobody can stop us any more.
    if stopped.wait_for(Option::is_some).await.is_err() {
        std::future::pending::<()>().await;
    }
}
