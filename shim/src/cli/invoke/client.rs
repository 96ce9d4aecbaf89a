//! Sends the call, and reads what comes back.

use std::future::Future;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, Method, Request, Response, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::call::Call;
use super::endpoint::{Endpoint, Stream};
use super::failure::Failure;
use super::local::Local;
use crate::auth::Signer;
use crate::cli::MAX_KEPT;

/// Where calls go.
pub(super) enum Door {
    Endpoint(Endpoint),
    Plugin(Local),
}

/// Sends one call, as often as it is told to.
pub(super) struct Client {
    pub(super) door: Door,
    pub(super) call: Call,
    pub(super) signer: Option<Signer>,
    /// How long an answer may take, to its last byte.
    pub(super) patience: Option<Duration>,
}

/// A connection that is kept for the next call.
#[derive(Default)]
pub(super) struct Connection(Option<SendRequest<Full<Bytes>>>);

/// What the API answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
    pub(super) executed_version: Option<String>,
    /// How the function failed: `Unhandled`.
    pub(super) function_error: Option<String>,
    /// The end of the log.
    pub(super) log: Option<String>,
    /// The response, or the document of the function's error.
    pub(super) body: Bytes,
    /// From the first byte of the request to the last one of the response.
    pub(super) elapsed: Duration,
}

impl Answer {
    /// What the head tells.
    pub(super) fn of_head(head: &Parts) -> Self {
        Self {
            status: head.status.as_u16(),
            request_id: text(&head.headers, "x-amzn-requestid"),
            executed_version: text(&head.headers, "x-amz-executed-version"),
            function_error: text(&head.headers, "x-amz-function-error"),
            log: text(&head.headers, "x-amz-log-result").map(|log| decode_log(&log)),
            body: Bytes::new(),
            elapsed: Duration::ZERO,
        }
    }
}

/// The end of a log, from base64; what is none stays as it is.
pub(super) fn decode_log(log: &str) -> String {
    STANDARD.decode(log).map_or_else(
        |_| log.to_owned(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    )
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

impl Client {
    /// Where calls go, for messages.
    pub(super) fn url(&self) -> &str {
        match &self.door {
            Door::Endpoint(endpoint) => &endpoint.url,
            Door::Plugin(_) => "the plugin",
        }
    }

    /// Sends the call, and waits for the whole answer.
    ///
    /// # Errors
    /// There is none, or it is a refusal.
    pub(super) async fn answer(&self, connection: &mut Connection) -> Result<Answer, Failure> {
        let begun = Instant::now();
        let (head, body) = self
            .in_time(begun, async {
                let (head, body) = self.send(connection).await?.into_parts();
                Ok((head, self.whole(body).await?))
            })
            .await?;
        if !head.status.is_success() {
            return Err(Failure::refused(self.url(), &head, &body));
        }
        Ok(Answer {
            body,
            elapsed: begun.elapsed(),
            ..Answer::of_head(&head)
        })
    }

    /// `work`, unless it takes longer than a call that began then may.
    pub(super) async fn in_time<T>(
        &self,
        begun: Instant,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let Some(patience) = self.patience else {
            return work.await;
        };
        let worked = tokio::time::timeout_at((begun + patience).into(), work).await;
        worked.unwrap_or(Err(Failure::TooLate(patience)))
    }

    /// Sends the call, over the kept connection if it is still good.
    pub(super) async fn send(
        &self,
        connection: &mut Connection,
    ) -> Result<Response<Incoming>, Failure> {
        let request = self.request()?;
        let mut kept = connection.0.take();
        if let Some(sender) = &mut kept
            && sender.ready().await.is_err()
        {
            kept = None;
        }
        let mut sender = match kept {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        let response = sender.send_request(request).await;
        connection.0 = Some(sender);
        response.map_err(|error| self.broken(&error))
    }

    fn request(&self) -> Result<Request<Full<Bytes>>, Failure> {
        let (base_path, host) = match &self.door {
            Door::Endpoint(endpoint) => (endpoint.base_path.as_str(), Some(&endpoint.host)),
            Door::Plugin(_) => ("", None),
        };
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        let path = format!("{base_path}{}", self.call.path);
        // Both parts were paths before.
        *request.uri_mut() = path.parse().unwrap_or_default();
        *request.headers_mut() = self.call.headers.clone();
        if let Some(host) = host {
            request.headers_mut().insert(header::HOST, host.clone());
        }
        let (mut parts, ()) = request.into_parts();
        if let Some(signer) = &self.signer {
            signer.sign(&mut parts, &self.call.event, SystemTime::now())?;
        }
        Ok(Request::from_parts(
            parts,
            Full::new(self.call.event.clone()),
        ))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Failure> {
        let stream: Box<dyn Stream> = match &self.door {
            Door::Plugin(local) => Box::new(local.connect()),
            Door::Endpoint(endpoint) => {
                let connected = endpoint.connect().await;
                connected.map_err(|error| Failure::Connect {
                    url: endpoint.url.clone(),
                    error,
                })?
            }
        };
        let shaken = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(|error| self.broken(&error))?;
        // It ends with the sender, or when the other end closes it.
        tokio::spawn(connection);
        Ok(sender)
    }

    pub(super) async fn whole(&self, body: Incoming) -> Result<Bytes, Failure> {
        let collected = Limited::new(body, MAX_KEPT).collect().await;
        collected.map(|body| body.to_bytes()).map_err(|error| {
            if error.is::<LengthLimitError>() {
                return Failure::TooLong(MAX_KEPT);
            }
            self.broken(error.as_ref())
        })
    }

    /// The connection broke, with all reasons that are known.
    pub(super) fn broken(&self, error: &dyn std::error::Error) -> Failure {
        let mut why = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            let text = error.to_string();
            if !why.contains(&text) {
                why = format!("{why}: {text}");
            }
            source = error.source();
        }
        let url = self.url().to_owned();
        Failure::Broken { url, why }
    }
}
