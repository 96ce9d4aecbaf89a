//! HTTP as `shim verify` speaks it: one request on a connection of its own.

use std::net::SocketAddr;

use anyhow::Context as _;
use bytes::Bytes;
use http::response::Parts;
use http::{HeaderValue, Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::cli::MAX_KEPT;

/// Sends a request, and reads the whole response.
pub(super) async fn exchange(
    address: SocketAddr,
    mut request: Request<Full<Bytes>>,
) -> anyhow::Result<(Parts, Bytes)> {
    let stream = TcpStream::connect(address)
        .await
        .context("cannot connect")?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the response, or with the sender.
    tokio::spawn(connection);
    let headers = request.headers_mut();
    if !headers.contains_key(header::HOST)
        && let Ok(host) = HeaderValue::try_from(address.to_string())
    {
        headers.insert(header::HOST, host);
    }
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, MAX_KEPT).collect().await;
    let body = body.map_err(|error| anyhow::anyhow!("the response broke off: {error}"))?;
    Ok((head, body.to_bytes()))
}
