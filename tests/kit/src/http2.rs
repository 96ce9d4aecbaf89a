//! A connection that speaks HTTP/2 without TLS (prior knowledge).

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::output::Output;
use crate::{PATIENCE, Response};

/// A connection that speaks HTTP/2.
pub struct Http2 {
    runtime: Runtime,
    requests: SendRequest<Bytes>,
    output: Arc<Output>,
}

impl Http2 {
    #[track_caller]
    pub(crate) fn connect(address: SocketAddr, output: Arc<Output>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let connected = runtime.block_on(async {
            let stream = TcpStream::connect(address).await.expect("a connection");
            h2::client::handshake(stream).await
        });
        let (requests, connection) =
            connected.unwrap_or_else(|error| panic!("no HTTP/2: {error}\n{output}"));
        runtime.spawn(async move {
            // What goes wrong with it is seen by the requests on it.
            let _ = connection.await;
        });
        Self {
            runtime,
            requests,
            output,
        }
    }

    #[track_caller]
    fn patiently<T>(&self, work: impl Future<Output = Result<T, h2::Error>>) -> T {
        let done = self
            .runtime
            .block_on(async { tokio::time::timeout(PATIENCE, work).await });
        match done {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => panic!("HTTP/2: {error}\n{}", self.output),
            Err(_) => panic!("HTTP/2: no answer\n{}", self.output),
        }
    }

    /// Begins a request. Dropping the value resets its stream.
    #[track_caller]
    pub fn begin(&self, method: &str, target: &str, body: &[u8]) -> ResponseFuture {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://shim{target}"))
            .version(http::Version::HTTP_2)
            .body(())
            .expect("a request");
        let mut requests = self.patiently(self.requests.clone().ready());
        let end = body.is_empty();
        let (response, mut stream) = requests.send_request(request, end).expect("a stream");
        if !end {
            let body = Bytes::copy_from_slice(body);
            stream
                .send_data(body, true)
                .expect("a stream that can be written");
        }
        response
    }

    /// Waits for the answer to a request.
    #[track_caller]
    pub fn finish(&self, response: ResponseFuture) -> Response {
        let (head, body) = self.patiently(async {
            let (head, mut stream) = response.await?.into_parts();
            let mut body = Vec::new();
            while let Some(piece) = stream.data().await {
                let piece = piece?;
                stream.flow_control().release_capacity(piece.len())?;
                body.extend_from_slice(&piece);
            }
            Ok((head, body))
        });
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Response {
            status: head.status.as_u16(),
            version: format!("{:?}", head.version),
            headers: head
                .headers
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), text(value)))
                .collect(),
            body,
            output: self.output.clone(),
        }
    }

    /// Sends a request and waits for its answer.
    #[track_caller]
    pub fn request(&self, method: &str, target: &str, body: &[u8]) -> Response {
        let response = self.begin(method, target, body);
        self.finish(response)
    }
}

impl std::fmt::Debug for Http2 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http2").finish_non_exhaustive()
    }
}
