//! The third door: the unpacked zip, with Lambda's environment and a Runtime API of ours.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinHandle;

use super::child::Child;
use super::events::{Event, OverHttp};
use super::function::Function;
use super::logs::Logs;
use super::reply::{Reply, Run};
use super::served::{NO_ANSWER, TRACE_ID};
use crate::cli::MAX_KEPT;
use crate::invocation::{Answer, BodyError, Caller, ErrorKind, FunctionError, RequestId};
use crate::runtime_api::server::{Delivery, RuntimeApi};

/// The name of the error of a process that has ended.
pub(super) const EXITED: &str = "Runtime.ExitError";

/// How long it may take until it asks for its first invocation. Lambda gives ten seconds to what may
/// be a faster machine.
const INIT: Duration = Duration::from_secs(60);

pub(super) struct Lambda<'a> {
    function: &'a Function,
    task_root: &'a Path,
    logs: Logs,
    running: Option<Running>,
    /// Why it cannot be started: it would be the same once more.
    init_error: Option<FunctionError>,
}

struct Running {
    child: Child,
    api: RuntimeApi,
    _serving: Serving,
}

/// A server that ends with its owner.
struct Serving(JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<'a> Lambda<'a> {
    pub(super) fn new(function: &'a Function, task_root: &'a Path) -> Self {
        Self {
            function,
            task_root,
            logs: Logs::default(),
            running: None,
            init_error: None,
        }
    }

    /// The event through the Runtime API.
    pub(super) async fn invoke(&mut self, event: &Event) -> anyhow::Result<Run> {
        let id = RequestId::random();
        let request_id = id.to_string();
        // Some die after their answer.
        let has_ended = |running: &mut Running| running.child.has_ended();
        if self.running.as_mut().is_some_and(has_ended) {
            self.running = None;
        }
        if self.running.is_none() && self.init_error.is_none() {
            self.start().await?;
        }
        let reply = match (&self.init_error, self.running.take()) {
            (Some(error), _) => Reply::Error(error.clone()),
            (None, Some(running)) => match self.answer(running, id, event).await {
                Ok(bytes) => Reply::Answer(
                    bytes,
                    match &event.over_http {
                        OverHttp::Request(web) => Some(web.answers),
                        OverHttp::Body | OverHttp::Nothing => None,
                    },
                ),
                Err(error) => Reply::Error(error),
            },
            (None, None) => Reply::NotSent,
        };
        Ok(Run { request_id, reply })
    }

    async fn start(&mut self) -> anyhow::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.context("cannot listen for the Runtime API")?;
        let address = listener.local_addr().context("cannot tell the address")?;
        let api = RuntimeApi::new(self.function.runtime_api());
        let served = api.clone();
        let serving = Serving(tokio::spawn(async move {
            served.serve(listener, std::future::pending()).await;
        }));
        let mut command = Command::new(self.task_root.join("bootstrap"));
        let environment = self
            .function
            .lambda_environment(&address.to_string(), self.task_root);
        command
            .env_clear()
            .envs(environment)
            .current_dir(self.task_root);
        let mut child = Child::start(command, &self.logs)?;
        let ready = tokio::select! {
            biased;
            ready = api.ready() => ready,
            how = child.ended() => Err(exited(&how)),
            () = tokio::time::sleep(INIT) => Err(FunctionError::timed_out(INIT)),
        };
        match ready {
            Ok(()) => {
                self.running = Some(Running {
                    child,
                    api,
                    _serving: serving,
                });
            }
            Err(error) => {
                child.kill().await;
                self.init_error = Some(error);
            }
        }
        Ok(())
    }

    /// As Lambda does: what takes too long is killed, and the next one gets a new environment.
    async fn answer(
        &mut self,
        mut running: Running,
        id: RequestId,
        event: &Event,
    ) -> Result<Bytes, FunctionError> {
        let limit = self.function.timeout;
        let delivery = Delivery {
            id,
            event: event.for_lambda(),
            deadline: SystemTime::now() + limit,
            trace_id: Some(TRACE_ID.to_owned()),
            caller: Caller::default(),
        };
        let answered = async {
            match running.api.invoke(delivery).await? {
                Answer::Event(body) => whole(body).await,
                // It has no way for these.
                Answer::Http(_) => Ok(Bytes::new()),
            }
        };
        let answered = tokio::select! {
            biased;
            answered = answered => answered,
            how = running.child.ended() => {
                running.child.kill().await;
                return Err(exited(&how));
            }
            () = tokio::time::sleep(limit) => {
                running.child.kill().await;
                return Err(FunctionError::timed_out(limit));
            }
        };
        self.running = Some(running);
        answered
    }

    /// Ends it, and returns all that it has logged.
    pub(super) async fn end(self) -> Logs {
        if let Some(running) = self.running {
            running.child.end().await;
        }
        self.logs
    }
}

/// The process has ended, as Lambda tells its invokers.
pub(super) fn exited(how: &str) -> FunctionError {
    let message = format!("Runtime exited with error: {how}");
    FunctionError::new(ErrorKind::Internal, EXITED, message)
}

async fn whole(body: crate::invocation::Body) -> Result<Bytes, FunctionError> {
    let collected = Limited::new(body, MAX_KEPT).collect().await;
    let collected = collected.map_err(|error| match error.downcast::<BodyError>() {
        Ok(error) => FunctionError::from(*error),
        Err(error) => FunctionError::new(ErrorKind::Internal, NO_ANSWER, error.to_string()),
    });
    Ok(collected?.to_bytes())
}
