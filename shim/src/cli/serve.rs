//! `shim serve`: load, listen, serve, drain, stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use arc_swap::ArcSwapOption;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::credentials;
use super::load::{self, Ready};
use super::metrics;
use super::passed::Passed;
use super::reload::{Ask, Reload};
use super::signals::{self, Hangups};
use crate::config::{Plan, ServePlan};
use crate::engine::{CELL_WORKERS, Served, Watchdog};
use crate::events::{Events, EventsPlan};
use crate::exit::{Misconfigured, Unavailable};
use crate::frontend::{Admin, App, Current, Http, InvokeApi, Readiness, Site};
use crate::observe::metrics::Metrics;
use crate::server::{Address, Cells, Inherited, Listener, Tls, raise_open_files, serve, serve_on};

/// Least time that instances get to stop, even when the requests used up the grace.
const LEAST_STOP: Duration = Duration::from_secs(1);

/// Before the end of the grace, who still waits for a place is refused.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Makes the plan anew, of the same flags and variables and of the file as it is then.
pub(super) type Replan = Arc<dyn Fn() -> anyhow::Result<Plan> + Send + Sync>;

/// What another command puts around serving.
pub(super) trait Around: Send + 'static {
    /// What the server brings the requests to.
    type App: App;

    /// Puts it before all that is served.
    fn app(&self, site: Site<Served>) -> Self::App;

    /// It serves from now on.
    fn begin(self, controls: Controls);
}

/// What can be done with a server from inside the process.
pub(super) struct Controls {
    /// Where it serves: `http://127.0.0.1:8080`.
    #[cfg_attr(
        not(feature = "dev"),
        expect(dead_code, reason = "serving alone needs none")
    )]
    pub(super) url: String,
    /// Reloads as SIGHUP does.
    #[cfg_attr(
        not(feature = "dev"),
        expect(dead_code, reason = "serving alone needs none")
    )]
    pub(super) reload: mpsc::Sender<Ask>,
    /// Stops as SIGTERM does.
    #[cfg_attr(
        not(feature = "dev"),
        expect(dead_code, reason = "serving alone needs none")
    )]
    pub(super) stop: Arc<watch::Sender<signals::Stop>>,
}

/// Nothing around it.
struct Alone;

impl Around for Alone {
    type App = Site<Served>;

    fn app(&self, site: Site<Served>) -> Site<Served> {
        site
    }

    fn begin(self, _: Controls) {}
}

/// Serves until a signal ends it.
pub(super) fn run(plan: ServePlan, passed: Passed, replan: Replan) -> anyhow::Result<()> {
    run_with(plan, passed, replan, Alone)
}

/// As [`run`], with something around it.
pub(super) fn run_with(
    plan: ServePlan,
    passed: Passed,
    replan: Replan,
    around: impl Around,
) -> anyhow::Result<()> {
    let cells = (0..plan.threads)
        .map(|_| cell())
        .collect::<Result<Vec<_>, _>>();
    let cells = cells.context("cannot start the runtime")?;
    let handles: Vec<_> = cells.iter().map(|cell| cell.handle().clone()).collect();
    let watchdog = Watchdog::start(&handles);
    // The first one also accepts connections, starts and stops.
    let served = cells.first().map(|first| {
        let cells = Cells::new(handles);
        first.block_on(async {
            tokio::spawn(until_stopped(plan, passed, replan, around, cells)).await
        })
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

async fn until_stopped(
    plan: ServePlan,
    passed: Passed,
    replan: Replan,
    around: impl Around,
    cells: Cells,
) -> anyhow::Result<()> {
    let (stop, stopped) = signals::stop()?;
    signals::survive_file_limits()?;
    let hangups = Hangups::listen()?;
    let tls = match &plan.tls {
        Some((certificate, key)) => {
            let tls = Tls::load(certificate, key).context("wrong --tls-cert or --tls-key");
            Some(tls.map_err(Misconfigured)?)
        }
        None => None,
    };
    let verifier = credentials::verifier(plan.credentials.as_ref())?;
    let verifier = Arc::new(ArcSwapOption::from(verifier));
    if !plan.overruled.is_empty() {
        let ignored = plan.overruled.join(", ");
        tracing::warn!("systemd passed the sockets to listen on, so {ignored} does not count");
    }
    let connections = plan.limits.connections;
    if let Err(files) = raise_open_files(connections) {
        tracing::warn!(
            "only {files} files may be open at once, and each of up to {connections} connections \
             (--max-connections) is one: raise the limit (`ulimit -Hn`; systemd: LimitNOFILE=)"
        );
    }
    let notify = passed.notify;
    let (listener, address) = match passed.http {
        Some(socket) => inherit(socket)?,
        None => bind(plan.listen, "--port").await?,
    };
    let readiness = Readiness::new();
    let metrics = Arc::new(Metrics::new());
    let admin = match (passed.admin, plan.admin) {
        (Some(socket), _) => Some(inherit(socket)?),
        (None, Some(admin)) => Some(bind(admin.listen, "--admin").await?),
        (None, None) => None,
    };
    let admin = admin.map(|(listener, address)| {
        tracing::info!(%address, "admin listener");
        let served = serve(
            listener,
            Admin::new(readiness.clone(), metrics.clone()),
            plan.limits.clone(),
            // Until the very end: while requests drain, it says so.
            std::future::pending(),
        );
        tokio::spawn(served)
    });

    let grace = plan.limits.grace;
    let loaded = tokio::select! {
        loaded = load::load(&plan, &metrics) => loaded?,
        () = wait(stopped.clone()) => return Ok(()),
    };
    let names = names(&loaded.ready);
    let current = Arc::new(Current::new(loaded.catalogue));
    let events_plan = EventsPlan {
        max_events: plan.event_queue,
        spool: plan.spool.clone(),
        ..EventsPlan::default()
    };
    let events = Arc::new(Events::start(events_plan, current.clone()));
    metrics::of_events(&metrics, &events);
    let taken_up = events.take_up().await.context("wrong --spool");
    taken_up.map_err(Misconfigured)?;
    let api = plan.invoke.clone().map(|plan| {
        let api = InvokeApi::new(current.clone(), plan, events.clone(), verifier.clone());
        Arc::new(api)
    });
    readiness.set_ready();
    let scheme = if tls.is_some() { "https" } else { "http" };
    tracing::info!(function = names, "serving {scheme}://{address}");
    notify.ready(&format!("serving {scheme}://{address}")).await;
    if let Some(reason) = plan.invoke_off {
        tracing::info!("the Invoke API is not served: {reason}");
    }

    let retiring = TaskTracker::new();
    let reload = Reload {
        current: current.clone(),
        metrics,
        grace,
        ready: loaded.ready,
        tls: tls.clone(),
        verifier,
        replan,
        fixed: plan.fixed,
        retiring: retiring.clone(),
        notify: notify.clone(),
    };
    let (ask, asked) = mpsc::channel(1);
    let reloading = tokio::spawn(reload.on_each(hangups, asked, stop.clone()));
    let stopping = {
        let readiness = readiness.clone();
        let stopped = wait(stopped);
        async move {
            stopped.await;
            readiness.set_stopping();
            tracing::info!("stopping: requests in flight may take {grace:?}");
            notify.stopping().await;
        }
    };
    let health = plan.health_path.map(|path| (path, readiness));
    let current_at_end = current.clone();
    let http = Http::new(current, plan.body);
    let app = around.app(Site::new(http, api.clone(), health));
    around.begin(Controls {
        url: format!("{scheme}://{address}"),
        reload: ask,
        stop: stop.clone(),
    });
    let mut listener = listener;
    if let Some(tls) = tls {
        listener = listener.with_tls(tls);
    }
    let begun = stop.subscribe();
    let refusing = refuse_waiting(current_at_end, stop.subscribe(), grace);
    let refusing = tokio::spawn(refusing);
    let drained = serve_on(cells, listener, app, plan.limits, stopping).await;
    refusing.abort();
    let since = *begun.borrow();
    let left =
        || grace.saturating_sub(since.map_or(Duration::ZERO, |since: Instant| since.elapsed()));
    if drained.aborted_requests > 0 {
        tracing::warn!(
            requests = drained.aborted_requests,
            "grace is over, requests were cut"
        );
    }
    if let Some(api) = api
        && tokio::time::timeout(left(), api.drain()).await.is_err()
    {
        tracing::warn!("grace is over, an invocation whose caller has gone still runs");
    }
    events.drain(left()).await;
    let ready = reloading_ended(reloading).await;
    retiring.close();
    // What was exchanged by a reload; most often there is nothing.
    let _ = tokio::time::timeout(left().max(LEAST_STOP), retiring.wait()).await;
    let least = || left().max(LEAST_STOP);
    let clean = load::stop(&ready, least()).await;
    if !clean {
        tracing::warn!("grace is over, a handler still runs or an instance has not stopped");
    }
    let rest = if clean { least() } else { Duration::ZERO };
    load::end_plugins(&ready, rest).await;
    if let Some(admin) = admin {
        admin.abort();
    }
    tracing::info!("stopped");
    Ok(())
}

/// Shortly before the grace ends, who still waits for a place hears of it, as long as there is time to
/// say so.
async fn refuse_waiting(
    current: Arc<Current<Served>>,
    stopped: watch::Receiver<signals::Stop>,
    grace: Duration,
) {
    wait(stopped).await;
    tokio::time::sleep(grace.saturating_sub(LAST_WORDS.min(grace / 4))).await;
    for entry in current.get().entries() {
        entry.function.refuse_waiting();
    }
}

/// What is served at the end.
async fn reloading_ended(reloading: JoinHandle<Vec<Ready>>) -> Vec<Ready> {
    // It ends by the stop; a panic in it is a bug that costs `stop` of the instances.
    reloading.await.unwrap_or_else(|error| {
        tracing::error!(%error, "reloading failed");
        Vec::new()
    })
}

/// The functions' names, for the log.
pub(super) fn names(ready: &[Ready]) -> String {
    let names = ready.iter().map(|entry| entry.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

/// A socket that was passed.
fn inherit(socket: Inherited) -> anyhow::Result<(Listener, Address)> {
    let address = socket.address().clone();
    let listener = socket.listen();
    Ok((
        listener.context("cannot serve on the socket of systemd")?,
        address,
    ))
}

/// A new socket.
async fn bind(address: SocketAddr, flag: &'static str) -> anyhow::Result<(Listener, Address)> {
    let bound = TcpListener::bind(address).await;
    let listener = bound.map_err(|error| Unavailable {
        address,
        flag,
        error,
    })?;
    let address = listener.local_addr().context("cannot tell the address")?;
    Ok((listener.into(), Address::Tcp(address)))
}

async fn wait(mut stopped: watch::Receiver<signals::Stop>) {
    // The sender gone, nobody can stop us any more.
    if stopped.wait_for(Option::is_some).await.is_err() {
        std::future::pending::<()>().await;
    }
}
