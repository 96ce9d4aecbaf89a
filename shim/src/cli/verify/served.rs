//! Two doors of one process: `shim serve`, over plain HTTP and over the Invoke API.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use http_body_util::Full;
use serde_json::Value;
use tokio::process::Command;

use super::child::Child;
use super::events::{Event, OverHttp};
use super::exchange::exchange;
use super::function::{Function, MEMORY_MB};
use super::lambda::exited;
use super::logs::Logs;
use super::reply::{Reply, Run};
use super::web::Answers;
use crate::exit::BadData;
use crate::invocation::{ErrorKind, FunctionError, RequestId};

/// The trace of all invocations: the same, for those who answer with it.
pub(super) const TRACE_ID: &str =
    "Root=1-65f0c5a1-3f1c2b4d5e6f708192a3b4c5;Parent=53995c3f42cd8ad8;Sampled=0";

/// The name of the error where none comes.
pub(super) const NO_ANSWER: &str = "NoAnswer";

/// How long the program may take until it listens.
const START: Duration = Duration::from_secs(60);

/// How much longer than its time limit an invocation may take here before it is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a program may take to disappear whose connections broke.
const DYING: Duration = Duration::from_secs(2);

/// Variables that would change what `shim serve` does, or let a handler think that it is in Lambda.
const REMOVED: [&str; 6] = [
    "_HANDLER",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "_X_AMZN_TRACE_ID",
    "PORT",
    "RUST_LOG",
];

pub(super) struct Served<'a> {
    function: &'a Function,
    shim: PathBuf,
    logs: Logs,
    running: Option<(Child, SocketAddr)>,
}

impl<'a> Served<'a> {
    pub(super) fn new(function: &'a Function) -> anyhow::Result<Self> {
        let shim = std::env::current_exe().context("cannot tell where shim's own file is")?;
        Ok(Self {
            function,
            shim,
            logs: Logs::default(),
            running: None,
        })
    }

    /// Starts it, and waits until it listens.
    pub(super) async fn start(&mut self) -> anyhow::Result<SocketAddr> {
        if let Some((child, address)) = &mut self.running {
            if !child.has_ended() {
                return Ok(*address);
            }
            self.running = None;
        }
        let mut child = Child::start(self.command(), &self.logs)?;
        let ended = tokio::select! {
            address = self.logs.address() => match address {
                Some(address) => {
                    self.running = Some((child, address));
                    return Ok(address);
                }
                None => "it does not say where it listens".to_owned(),
            },
            how = child.ended() => format!("it ended with {how}"),
            () = tokio::time::sleep(START) => format!("it does not listen within {START:?}"),
        };
        child.kill().await;
        let message = format!("`shim serve` does not start: {ended}\n{}", self.logs.last());
        Err(BadData::new(message, "`shim serve` with the same --plugin shows more").into())
    }

    fn command(&self) -> Command {
        let function = self.function;
        let mut plugin = std::ffi::OsString::from(format!("{}=", function.name));
        plugin.push(&function.plugin);
        let mut command = Command::new(&self.shim);
        command.arg("serve").arg("--plugin").arg(plugin);
        let timeout = format!("{}ms", function.timeout.as_millis());
        for (flag, value) in [
            ("--handler", function.handler.as_str()),
            ("--host", "127.0.0.1"),
            ("--port", "0"),
            ("--log-format", "json"),
            ("--log-to", "stderr"),
            ("--log-level", &function.log_level),
            ("--timeout", &timeout),
            ("--memory-mb", MEMORY_MB),
            ("--region", &function.home.region),
            ("--account", &function.home.account),
            ("--grace", "2s"),
        ] {
            command.arg(flag).arg(value);
        }
        for (name, value) in &function.env {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        for (name, _) in std::env::vars_os() {
            let bytes = name.as_encoded_bytes();
            let lambdas = bytes.starts_with(b"AWS_LAMBDA_") || bytes.starts_with(b"SHIM_");
            if lambdas || REMOVED.iter().any(|removed| name == *removed) {
                command.env_remove(&name);
            }
        }
        command
    }

    /// The event over plain HTTP.
    pub(super) async fn http(&mut self, event: &Event) -> anyhow::Result<Run> {
        let id = RequestId::random();
        let (mut request, answers) = match &event.over_http {
            OverHttp::Body => (post("/", &event.bytes), None),
            OverHttp::Request(web) => (web.request(), Some(web.answers)),
            OverHttp::Nothing => {
                let (request_id, reply) = (String::new(), Reply::NotSent);
                return Ok(Run { request_id, reply });
            }
        };
        let id_value = HeaderValue::from_bytes(id.as_bytes());
        request.headers_mut().insert("x-request-id", id_value?);
        let reply = match self.send(request).await {
            Ok((head, body)) => match answers {
                Some(answers) => Reply::Web(Box::new(head), body, answers),
                None if head.status.is_success() => Reply::Answer(body, None),
                None => Reply::Document(body),
            },
            Err(error) => Reply::Error(error),
        };
        let request_id = id.to_string();
        Ok(Run { request_id, reply })
    }

    /// The event through the Invoke API.
    pub(super) async fn invoke(&mut self, event: &Event) -> anyhow::Result<Run> {
        // As AWS, it refuses what is no JSON, before any function sees it.
        if !event.is_json() {
            let (request_id, reply) = (String::new(), Reply::NotSent);
            return Ok(Run { request_id, reply });
        }
        let path = format!("/2015-03-31/functions/{}/invocations", self.function.name);
        let answers = match &event.over_http {
            OverHttp::Request(web) => Some(web.answers),
            OverHttp::Body | OverHttp::Nothing => None,
        };
        match self.send(post(&path, &event.bytes)).await {
            Ok((head, body)) => {
                let request_id = text(&head.headers, "x-amzn-requestid").to_owned();
                let reply = invoked(&head, body, answers);
                Ok(Run { request_id, reply })
            }
            Err(error) => Ok(Run {
                request_id: String::new(),
                reply: Reply::Error(error),
            }),
        }
    }

    /// Sends a request to the program, which is started again if it has ended.
    async fn send(
        &mut self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(Parts, Bytes), FunctionError> {
        let trace = HeaderValue::from_static(TRACE_ID);
        request.headers_mut().insert("x-amzn-trace-id", trace);
        let failed =
            |name: &str, message: String| FunctionError::new(ErrorKind::Internal, name, message);
        let started = self.start().await;
        let address = started.map_err(|error| failed("NotStarted", error.to_string()))?;
        let limit = self.function.timeout + PATIENCE;
        let error = match tokio::time::timeout(limit, exchange(address, request)).await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(error)) => failed(NO_ANSWER, format!("{error:#}")),
            Err(_) => failed(NO_ANSWER, format!("there is none within {limit:?}")),
        };
        // Whatever it was, the next one gets a new process.
        let Some((mut child, _)) = self.running.take() else {
            return Err(error);
        };
        match tokio::time::timeout(DYING, child.ended()).await {
            Ok(how) => {
                child.kill().await;
                Err(exited(&how))
            }
            Err(_) => {
                child.kill().await;
                Err(error)
            }
        }
    }

    /// Ends it, and returns all that it has logged.
    pub(super) async fn end(self) -> Logs {
        if let Some((child, _)) = self.running {
            child.end().await;
        }
        self.logs
    }
}

fn post(path: &str, body: &Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body.clone()));
    *request.method_mut() = Method::POST;
    // Of a function's name, which has nothing that a path cannot have.
    *request.uri_mut() = path.parse().unwrap_or_default();
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    request
}

fn invoked(head: &Parts, body: Bytes, answers: Option<Answers>) -> Reply {
    if head.headers.contains_key("x-amz-function-error") {
        return Reply::Document(body);
    }
    if head.status.is_success() {
        return Reply::Answer(body, answers);
    }
    let name = text(&head.headers, "x-amzn-errortype");
    let document: Value = serde_json::from_slice(&body).unwrap_or_default();
    let message = document.get("message").or_else(|| document.get("Message"));
    let message = message.and_then(Value::as_str).unwrap_or_default();
    Reply::Error(FunctionError::new(ErrorKind::Internal, name, message))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}
