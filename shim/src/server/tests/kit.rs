//! A server to start, functions to serve, and a client that sends and reads raw bytes.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::frontend::{App, BodyPolicy, Current, Http};
use crate::invocation::{
    Accepts, Answer, Body, FunctionError, Invocation, Invoke, Outcome, Payload, Refusal,
};
use crate::server::{Drained, Limits, Listener, serve};

/// Far longer than anything takes, so that a bug fails a test and does not hang it.
pub(super) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(8), future)
        .await
        .expect("took too long")
}

pub(super) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

// === A server ===

pub(super) struct Server {
    pub(super) port: u16,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Drained>,
}

impl Server {
    pub(super) async fn start(app: impl App, limits: Limits) -> Self {
        Self::start_on(|listener| listener, app, limits).await
    }

    /// On a listener that is prepared first.
    pub(super) async fn start_on(
        prepare: impl FnOnce(Listener) -> Listener,
        app: impl App,
        limits: Limits,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let listener = prepare(listener.into());
        let serving = tokio::spawn(serve(listener, app, limits, stopped));
        Self {
            port,
            stop,
            serving,
        }
    }

    pub(super) async fn of(function: Function) -> Self {
        Self::start(function.http(), Limits::default()).await
    }

    pub(super) async fn connect(&self) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Client {
            stream,
            unread: Vec::new(),
        }
    }

    /// Sends `request` on a connection of its own and reads one response.
    pub(super) async fn exchange(&self, request: &str) -> Reply {
        let mut client = self.connect().await;
        client.send(request).await;
        client.reply().await
    }

    /// Gives the signal; the result comes when everything has drained.
    pub(super) fn stop(self) -> JoinHandle<Drained> {
        let _ = self.stop.send(());
        self.serving
    }

    /// Drops `serve` in the middle.
    pub(super) fn drop_it(self) {
        self.serving.abort();
    }
}

// === Functions ===

type Running = Pin<Box<dyn Future<Output = Result<Outcome, Refusal>> + Send>>;

/// A function made of a closure.
pub(super) struct Function {
    accepts: Accepts,
    run: Box<dyn Fn(Invocation) -> Running + Send + Sync>,
}

impl Function {
    pub(super) fn new<R>(
        accepts: Accepts,
        run: impl Fn(Invocation) -> R + Send + Sync + 'static,
    ) -> Self
    where
        R: Future<Output = Result<Outcome, Refusal>> + Send + 'static,
    {
        let run = Box::new(move |invocation| Box::pin(run(invocation)) as Running);
        Self { accepts, run }
    }

    pub(super) fn web<R>(run: impl Fn(Request<Body>) -> R + Send + Sync + 'static) -> Self
    where
        R: Future<Output = Result<Response<Body>, FunctionError>> + Send + 'static,
    {
        Self::new(Accepts::Http { whole_body: false }, move |invocation| {
            let Payload::Http(request) = invocation.payload else {
                panic!("an event for a web handler");
            };
            let response = run(*request);
            async move { Ok(outcome(response.await.map(Box::new).map(Answer::Http))) }
        })
    }

    /// Answers every request alike.
    pub(super) fn answering(response: impl Fn() -> Response<Body> + Send + Sync + 'static) -> Self {
        Self::web(move |_| {
            let response = response();
            async { Ok(response) }
        })
    }

    /// JSON in, JSON out.
    pub(super) fn event<R>(run: impl Fn(bytes::Bytes) -> R + Send + Sync + 'static) -> Self
    where
        R: Future<Output = Result<Body, FunctionError>> + Send + 'static,
    {
        let accepts = Accepts::Event {
            json: true,
            json_response: true,
        };
        Self::new(accepts, move |invocation| {
            let Payload::Event(event) = invocation.payload else {
                panic!("a request for an event handler");
            };
            let response = run(event);
            async move { Ok(outcome(response.await.map(Answer::Event))) }
        })
    }

    /// Says hello to everybody.
    pub(super) fn hello() -> Self {
        Self::answering(|| Response::new(Body::from("hello")))
    }

    pub(super) fn http(self) -> Http<Self> {
        Http::new(Current::only(self), BodyPolicy::default())
    }

    pub(super) fn with(self, max_bytes: u64, timeout: Duration) -> Http<Self> {
        Http::new(Current::only(self), BodyPolicy { max_bytes, timeout })
    }
}

impl Invoke for Function {
    fn name(&self) -> &str {
        "test"
    }

    fn accepts(&self) -> Accepts {
        self.accepts
    }

    async fn invoke(&self, invocation: Invocation) -> Result<Outcome, Refusal> {
        (self.run)(invocation).await
    }
}

pub(super) fn outcome(result: Result<Answer, FunctionError>) -> Outcome {
    Outcome {
        result: result.map_err(Box::new),
        cold_start: false,
        start: None,
        duration: Duration::ZERO,
    }
}

/// Counts how many of its guards are alive: an invocation holds one, so that its end is seen.
#[derive(Clone, Default)]
pub(super) struct Alive(Arc<AtomicUsize>);

pub(super) struct Guard(Alive);

impl Alive {
    pub(super) fn guard(&self) -> Guard {
        self.0.fetch_add(1, Ordering::SeqCst);
        Guard(self.clone())
    }

    pub(super) async fn reaches(&self, count: usize) {
        soon(async {
            while self.0.load(Ordering::SeqCst) != count {
                tokio::time::sleep(millis(2)).await;
            }
        })
        .await;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

// === A client ===

pub(super) struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// One response, its body without chunk framing.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Client {
    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon(self.try_send(bytes.as_ref())).await.unwrap();
    }

    pub(super) async fn try_send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// More bytes, as they come; nothing when the server has closed (or reset) the connection.
    pub(super) async fn read_some(&mut self) -> Vec<u8> {
        if !self.unread.is_empty() {
            return std::mem::take(&mut self.unread);
        }
        let mut buf = vec![0; 64 * 1024];
        soon(async {
            loop {
                self.stream.readable().await.unwrap();
                match self.stream.try_read(&mut buf) {
                    Ok(read) => break buf.truncate(read),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => break buf.clear(),
                }
            }
        })
        .await;
        buf
    }

    /// Everything up to the close.
    pub(super) async fn read_to_end(&mut self) -> String {
        let mut all = Vec::new();
        loop {
            let some = self.read_some().await;
            if some.is_empty() {
                return String::from_utf8_lossy(&all).into_owned();
            }
            all.extend(some);
        }
    }

    pub(super) async fn is_closed(&mut self) -> bool {
        self.read_some().await.is_empty()
    }

    async fn line(&mut self) -> String {
        let mut line = Vec::new();
        loop {
            line.extend(self.read_some().await);
            if let Some(end) = line.windows(2).position(|two| two == b"\r\n") {
                self.unread = line.split_off(end + 2);
                return String::from_utf8(line).unwrap();
            }
            assert!(!line.is_empty(), "closed instead of a line");
        }
    }

    async fn exactly(&mut self, length: usize) -> String {
        let mut bytes = std::mem::take(&mut self.unread);
        while bytes.len() < length {
            let some = self.read_some().await;
            assert!(!some.is_empty(), "closed in the middle of a body");
            bytes.extend(some);
        }
        self.unread = bytes.split_off(length);
        String::from_utf8(bytes).unwrap()
    }

    /// The status line and headers of a response.
    pub(super) async fn head(&mut self) -> Reply {
        let mut head = self.line().await;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        loop {
            let line = self.line().await;
            if line == "\r\n" {
                let body = String::new();
                return Reply { status, head, body };
            }
            head.push_str(&line);
        }
    }

    /// A whole response (with the body that its headers announce).
    pub(super) async fn reply(&mut self) -> Reply {
        let mut reply = self.head().await;
        let length = reply.header("content-length");
        if let Some(length) = length.map(|length| length.parse().unwrap()) {
            reply.body = self.exactly(length).await;
        } else if reply.header("transfer-encoding") == Some("chunked") {
            loop {
                let length = self.line().await;
                let length = usize::from_str_radix(length.trim(), 16).unwrap();
                reply.body += &self.exactly(length).await;
                assert_eq!(self.line().await, "\r\n");
                if length == 0 {
                    break;
                }
            }
        }
        reply
    }
}

pub(super) const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

pub(super) fn post(body: &str) -> String {
    let length = body.len();
    format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}")
}
