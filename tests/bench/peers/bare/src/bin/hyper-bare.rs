//! The least that hyper can do: one connection on one thread.

use std::io;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HOST;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use peer_bare::{Handler, api, handler};
use tokio::net::TcpStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let api = api()?;
    let handler = handler()?;
    let stream = TcpStream::connect(&api).await?;
    stream.set_nodelay(true)?;
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (sender, connection) = handshake.map_err(io::Error::other)?;
    tokio::spawn(connection);
    serve(sender, &api, handler).await.map_err(io::Error::other)
}

async fn serve(
    mut sender: SendRequest<Full<Bytes>>,
    api: &str,
    handler: Handler,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let request = |method, path: &str, body| {
        let path = format!("/2018-06-01/runtime/invocation/{path}");
        let request = Request::builder().method(method).uri(path);
        request.header(HOST, api).body(Full::new(body))
    };
    loop {
        let next = request(Method::GET, "next", Bytes::new())?;
        let next = sender.send_request(next).await?;
        let id = next.headers().get("lambda-runtime-aws-request-id");
        let path = format!("{}/response", id.ok_or("no request id")?.to_str()?);
        let event = next.into_body().collect().await?.to_bytes();
        let answer = handler(&event)?;
        let post = request(Method::POST, &path, answer.into())?;
        let status = sender.send_request(post).await?;
        status.into_body().collect().await?;
    }
}
