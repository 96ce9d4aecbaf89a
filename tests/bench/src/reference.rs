//! The servers to compare with: hyper with the same handlers compiled in.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Builder;

#[allow(
    dead_code,
    unreachable_pub,
    reason = "the plugin's own file, of which one type is needed"
)]
#[path = "../plugin/src/events.rs"]
mod events;

use events::Order;

/// What is served.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    /// Thirteen bytes for any request.
    Hello,
    /// For calls of a function `hello`, what the shim's handler answers; for `order`, the document read
    /// and written by serde, as there; for others, the body.
    Invoke {
        /// With the content type only; else with the headers of the shim's answer, of which two
        /// are new for each call.
        few_headers: bool,
    },
}

/// Serves on `address`: on tokio's usual runtime, or on one runtime for each core, each with a
/// listener of its own.
pub(crate) fn serve(address: SocketAddr, per_core: bool, work: Work) -> anyhow::Result<()> {
    if !per_core {
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        return runtime.block_on(async { runtime.spawn(accept(listen(address)?, work)).await? });
    }
    let cores = std::thread::available_parallelism()?.get();
    let servers: Vec<_> = (0..cores)
        .map(|_| {
            std::thread::spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(async { accept(listen(address)?, work).await })
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

async fn accept(listener: TcpListener, work: Work) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(connection(stream, work));
    }
}

async fn connection(stream: TcpStream, work: Work) {
    let io = TokioIo::new(stream);
    let http1 = http1::Builder::new();
    // A load generator that ends closes its connections any way it likes.
    let _ = match work {
        Work::Hello => http1.serve_connection(io, service_fn(hello)).await,
        Work::Invoke { few_headers } => {
            let invoke = service_fn(|request| invoke(request, few_headers));
            http1.serve_connection(io, invoke).await
        }
    };
}

async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(
        b"Hello, World!",
    ))))
}

/// Reads the whole event, and looks at it only for `order`.
async fn invoke(
    request: Request<Incoming>,
    few_headers: bool,
) -> hyper::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let event = body.collect().await?.to_bytes();
    let answer = match head.uri.path() {
        "/2015-03-31/functions/hello/invocations" => {
            Bytes::from_static(br#"{"message":"Hello, World!"}"#)
        }
        "/2015-03-31/functions/order/invocations" => {
            let order = serde_json::from_slice::<Order>(&event);
            let json = order.and_then(|order| serde_json::to_vec(&order));
            json.unwrap_or_default().into()
        }
        _ => event,
    };
    let mut response = Response::new(Full::new(answer));
    let json = HeaderValue::from_static("application/json");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, json);
    if !few_headers {
        let number = CALLS.fetch_add(1, Ordering::Relaxed);
        let id = format!("6a0155d7-95cf-4d24-8f41-{number:012x}");
        let trace = format!("Root=1-6a0155d7-95cf4d248f41{number:012x};Sampled=0");
        let text = |text: String| HeaderValue::from_maybe_shared(Bytes::from(text));
        headers.insert(
            "x-amzn-remapped-content-length",
            HeaderValue::from_static("0"),
        );
        headers.insert(
            "x-amz-executed-version",
            HeaderValue::from_static("$LATEST"),
        );
        headers.insert("x-amzn-requestid", text(id).unwrap_or(NO_ID));
        headers.insert("x-amzn-trace-id", text(trace).unwrap_or(NO_ID));
    }
    Ok(response)
}

/// How many calls were answered, from which their ids are made.
static CALLS: AtomicU64 = AtomicU64::new(0);

/// In place of an id that is no header's value, which does not happen.
const NO_ID: HeaderValue = HeaderValue::from_static("-");
