//! The life of a listener: serve, stop, drain.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::accept::accept;
use super::cells::Cells;
use super::clock::Clock;
use super::connections::Connections;
use super::limits::Limits;
use super::listener::Listener;
use super::sweeper::sweep;
use crate::frontend::App;

/// How long connections that were ended by force may take to disappear. They need one poll; more
/// only when a handler blocks its thread.
const LAST_POLL: Duration = Duration::from_millis(500);

/// How serving ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were still busy when the grace was over, and were cut.
    pub aborted_connections: usize,
    /// Requests in flight on them.
    pub aborted_requests: usize,
}

/// Serves `app` on `listener` until `stop` completes, then drains.
///
/// Draining: the listener is closed, idle connections are closed at once, requests in flight may
/// take up to [`Limits::grace`], whatever is left is cut. The result tells how much that was; no
/// error ends serving before `stop`. Dropping the future cuts all connections.
///
/// Must be polled in a multi-thread or current-thread tokio runtime with I/O and time enabled; the
/// connections are tasks of that runtime.
pub async fn serve<A: App>(
    listener: Listener,
    app: A,
    limits: Limits,
    stop: impl Future<Output = ()>,
) -> Drained {
    serve_on(Cells::current(), listener, app, limits, stop).await
}

/// As [`serve`], with connections dealt among `cells`.
pub async fn serve_on<A: App>(
    cells: Cells,
    listener: Listener,
    app: A,
    limits: Limits,
    stop: impl Future<Output = ()>,
) -> Drained {
    let connections = Cut(Connections::new(Arc::new(Clock::new())));
    let connections = &connections.0;
    let _sweeper = Background(tokio::spawn(sweep(connections.clone(), limits.clone())));
    tokio::select! {
        biased;
        () = stop => {}
        never = accept(&cells, &listener, Arc::new(app), &limits, connections) => match never {},
    }
    drop(listener);
    connections.drain();
    if tokio::time::timeout(limits.grace, connections.all_closed())
        .await
        .is_ok()
    {
        return Drained::default();
    }
    let (aborted_connections, aborted_requests) = connections.kill();
    // Nothing more can be done about those that do not notice.
    let _ = tokio::time::timeout(LAST_POLL, connections.all_closed()).await;
    Drained {
        aborted_connections,
        aborted_requests,
    }
}

/// Cuts what is left when the server is dropped.
struct Cut(Arc<Connections>);

impl Drop for Cut {
    fn drop(&mut self) {
        self.0.kill();
    }
}

/// A task that ends with its owner.
struct Background(JoinHandle<()>);

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}
