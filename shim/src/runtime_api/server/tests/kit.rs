//! A server on a port of its own, and what runtimes say to it.

use std::future::Future;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime};

use crate::invocation::{Answer, Body, Caller, FunctionError, RequestId};
use crate::runtime_api::client::Client;
use crate::runtime_api::server::{Delivery, RuntimeApi, Settings};

/// Serves an API for `concurrency` invocations at once while `test` runs.
pub(super) fn with_api<F: Future<Output = ()>>(
    concurrency: usize,
    test: impl FnOnce(RuntimeApi, Runtime) -> F,
) {
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    tokio.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let runtime = Runtime(listener.local_addr().unwrap());
        let api = RuntimeApi::new(Settings {
            function: "orders".to_owned(),
            version: "$LATEST".to_owned(),
            handler: "orders.create".to_owned(),
            arn: "arn:aws:lambda:us-east-1:123456789012:function:orders".to_owned(),
            concurrency,
        });
        let served = api.clone();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            served.serve(listener, stopped).await;
        });
        test(api, runtime).await;
        drop(stop);
        serving.await.unwrap();
    });
}

/// Where a runtime finds its API.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runtime(SocketAddr);

impl Runtime {
    /// What a runtime does, on a thread of its own.
    pub(super) async fn does<T: Send + 'static>(
        self,
        what: impl FnOnce(&mut Client) -> T + Send + 'static,
    ) -> T {
        let mut client = Client::new(self.0.to_string().parse().unwrap());
        let done = tokio::task::spawn_blocking(move || what(&mut client));
        done.await.unwrap()
    }

    /// The answer to these bytes, head and body. Without `connection: close` in them nothing comes
    /// after them.
    pub(super) async fn sends(self, request: impl Into<String>) -> String {
        let request = request.into();
        let sent = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(self.0).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            if !request.contains("connection: close") {
                stream.shutdown(std::net::Shutdown::Write).unwrap();
            }
            let mut answer = String::new();
            // What is cut may be reset.
            let _ = stream.read_to_string(&mut answer);
            answer
        });
        sent.await.unwrap()
    }

    /// As [`sends`](Self::sends), for a POST with a body.
    pub(super) async fn posts(self, path: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        self.sends(format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\
             content-length: {length}\r\n\r\n{body}"
        ))
        .await
    }
}

/// An invocation with this id and event.
pub(super) fn delivery(id: &str, event: &'static str) -> Delivery {
    Delivery {
        id: RequestId::parse(id).unwrap(),
        event: event.into(),
        deadline: SystemTime::UNIX_EPOCH + Duration::from_millis(1500),
        trace_id: None,
        caller: Caller::default(),
    }
}

/// The bytes of a whole answer.
pub(super) fn whole(answer: Result<Answer, FunctionError>) -> Vec<u8> {
    match answer.unwrap() {
        Answer::Event(Body::Full(bytes)) => bytes.to_vec(),
        Answer::Event(Body::Empty) => Vec::new(),
        other => panic!("not whole: {other:?}"),
    }
}
