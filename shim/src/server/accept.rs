//! Accepting connections, as many as there is room for, whatever errors come.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::cells::Cells;
use super::connection::{self, Protocols};
use super::connections::Connections;
use super::limits::Limits;
use super::listener::{Listener, Socket};
use crate::frontend::App;

/// How often a lasting obstacle is logged.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// The first and the longest wait after an error such as "too many open files". The connections
/// that wait in the backlog make `accept` ready again at once, so without it this would spin.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1));

/// Accepts until it is dropped; each connection runs in a task of its own.
pub(super) async fn accept<A: App>(
    cells: &Cells,
    listener: &Listener,
    app: Arc<A>,
    limits: &Limits,
    connections: &Arc<Connections>,
) -> Infallible {
    let protocols = Arc::new(Protocols::new(limits));
    let places = Arc::new(Semaphore::new(
        limits.connections.min(Semaphore::MAX_PERMITS),
    ));
    loop {
        let place = wait_for_place(&places, limits.connections).await;
        let socket = next_socket(listener).await;
        let member = connections.join();
        let (app, protocols) = (app.clone(), protocols.clone());
        let tls = listener.tls().cloned();
        let dealt = cells.deal();
        let dealt_to = dealt.elsewhere();
        let run = move |socket| async move {
            connection::run(socket, tls, app, protocols, member.activity().clone()).await;
            drop((member, place, dealt));
        };
        match dealt_to {
            None => drop(tokio::spawn(run(socket))),
            Some(runtime) => match socket.detach() {
                Ok(socket) => drop(runtime.spawn(async move {
                    match socket.attach() {
                        Ok(socket) => run(socket).await,
                        Err(error) => tracing::warn!(%error, "a connection was lost"),
                    }
                })),
                Err(error) => tracing::warn!(%error, "a connection was lost"),
            },
        }
    }
}

async fn wait_for_place(places: &Arc<Semaphore>, limit: usize) -> Option<OwnedSemaphorePermit> {
    if let Ok(place) = places.clone().try_acquire_owned() {
        return Some(place);
    }
    loop {
        tracing::warn!(
            limit,
            "all connections are in use: new ones wait to be accepted"
        );
        let place = places.clone().acquire_owned();
        if let Ok(place) = tokio::time::timeout(LOG_EVERY, place).await {
            return place.ok();
        }
    }
}

async fn next_socket(listener: &Listener) -> Socket {
    let mut wait = BACK_OFF.0;
    loop {
        match listener.accept().await {
            Ok(socket) => return socket,
            Err(error) if is_the_peers(&error) => {
                tracing::debug!(%error, "a connection ended before it was accepted");
            }
            Err(error) => {
                tracing::warn!(%error, retry_in = ?wait, "cannot accept connections");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(BACK_OFF.1);
            }
        }
    }
}

/// The error is about one connection, not about this process.
fn is_the_peers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}
