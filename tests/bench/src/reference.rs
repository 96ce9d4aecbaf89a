//! The servers to compare with: hyper with the same handler compiled in.

use std::convert::Infallible;
use std::net::SocketAddr;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Builder;

/// Serves on `address`: on tokio's usual runtime, or on one runtime for each core, each with a
/// listener of its own.
pub(crate) fn serve(address: SocketAddr, per_core: bool) -> anyhow::Result<()> {
    if !per_core {
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        return runtime.block_on(async { runtime.spawn(accept(listen(address)?)).await? });
    }
    let cores = std::thread::available_parallelism()?.get();
    let servers: Vec<_> = (0..cores)
        .map(|_| {
            std::thread::spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(async { accept(listen(address)?).await })
            })
        })
        .collect();
    for server in servers {
        let ended = server.join().ok().context("a server panicked")?;
        ended?;
    }
    Ok(())
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket.listen(1024)?)
}

async fn accept(listener: TcpListener) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(connection(stream));
    }
}

async fn connection(stream: TcpStream) {
    let connection =
        http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(hello));
    // A load generator that ends closes its connections any way it likes.
    let _ = connection.await;
}

async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(
        b"Hello, World!",
    ))))
}
