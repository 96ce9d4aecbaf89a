//! The connections of a runtime.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::{RuntimeApi, Shared, service};

/// Connections beside the one that each concurrent invocation may have: extensions, and those that
/// are about to close. More wait to be accepted.
const MORE_CONNECTIONS: usize = 64;

/// The largest head of a request, in bytes. Runtimes send an error's cause in a header.
const MAX_HEAD: usize = 1024 * 1024;

/// How long is waited after an error such as "too many open files".
const BACK_OFF: Duration = Duration::from_millis(100);

impl RuntimeApi {
    /// Serves on `listener` until `stop` completes, or the future is dropped; then all connections
    /// are cut, and with them every request that waits for an invocation.
    ///
    /// Must be polled in a tokio runtime with I/O and time.
    pub async fn serve(&self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let most = self.0.settings.concurrency.saturating_add(MORE_CONNECTIONS);
        let places = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        let mut connections = JoinSet::new();
        loop {
            let (place, accepted) = tokio::select! {
                () = &mut stop => break,
                accepted = accept(&places, &listener) => accepted,
            };
            match accepted {
                Ok(stream) => {
                    let shared = Arc::clone(&self.0);
                    connections.spawn(async move {
                        connection(shared, stream).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the Runtime API cannot accept connections");
                    tokio::time::sleep(BACK_OFF).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
    }
}

async fn accept(
    places: &Arc<Semaphore>,
    listener: &TcpListener,
) -> (Option<OwnedSemaphorePermit>, std::io::Result<TcpStream>) {
    // It is never closed.
    let place = Arc::clone(places).acquire_owned().await.ok();
    let accepted = listener.accept().await;
    (place, accepted.map(|(stream, _)| stream))
}

async fn connection(shared: Arc<Shared>, stream: TcpStream) {
    // A small answer must not wait for more.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(service::call(&shared, request).await) }
    });
    let served = http1::Builder::new()
        // It would count while a handler runs; a runtime that dawdles harms nobody else.
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a runtime's connection ended");
    }
}
