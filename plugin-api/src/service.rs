//! Web handlers that are a `tower::Service`, such as an `axum::Router`.
//!
//! A service is made once, when the function is loaded. Each request gets a clone of its own, which
//! is asked whether it is ready and then called: what a service shares among its clones (limits,
//! connections, state) is shared among requests, and any number of them run at once.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::{Buf, Bytes};
use futures_core::Stream;
use http_body::Frame;
use plugin_api_abi::glue::entry::{Request, Response};
use plugin_api_abi::types::{FLAG_HTTP, FLAG_STATELESS};

use crate::codec::{ErrorType, EventType, ResponseType};
use crate::context::context;
use crate::{Body, Error};

/// A service that a handler can be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the service of a handler",
    label = "not a `tower::Service` of web requests",
    note = "a service is an `axum::Router`, or a type that implements `tower::Service<http::Request<plugin_api::Body>>`",
    note = "an `axum::Router` with state needs `.with_state(…)` first; a `Result` is written out, not behind a type alias"
)]
pub trait ServiceType {
    /// What it answers with.
    type Response;
    /// What it fails with.
    type Error;
    /// Its way there.
    type Future: Future<Output = Result<Self::Response, Self::Error>>;
    /// Ready once it can be called.
    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>>;
    /// Begins to answer.
    fn call(&mut self, request: http::Request<Body>) -> Self::Future;
}

#[diagnostic::do_not_recommend]
impl<S: tower_service::Service<http::Request<Body>>> ServiceType for S {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        tower_service::Service::poll_ready(self, cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> S::Future {
        tower_service::Service::call(self, request)
    }
}

/// A response that a service can give.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the response of a service",
    label = "a service with this response",
    note = "a service answers with `http::Response<B>`, where `B` implements `http_body::Body` and `Send`, owns its data, and has an error that turns into `plugin_api::Error`"
)]
pub trait WebResponse {
    /// The same with our body.
    fn into_web(self) -> impl Future<Output = Result<http::Response<Body>, Error>> + Send;
}

#[diagnostic::do_not_recommend]
impl<B> WebResponse for http::Response<B>
where
    B: http_body::Body + Send + 'static,
    B::Error: Into<Error>,
{
    async fn into_web(self) -> Result<http::Response<Body>, Error> {
        let (head, body) = self.into_parts();
        Ok(http::Response::from_parts(
            head,
            begin(Box::pin(body)).await?,
        ))
    }
}

/// A service, whatever its type.
pub struct Service(Box<dyn Answer>);

impl Service {
    /// The `FLAG_…` bits of its handler.
    pub const FLAGS: u64 = FLAG_STATELESS | FLAG_HTTP;

    /// Answers one invocation.
    pub async fn run(&self, request: Request<'_>) -> Result<Response, Error> {
        let context = context(&request);
        let mut request = http::Request::<Body>::from_request(request)?;
        request.extensions_mut().insert(context);
        self.0.answer(request).await?.into_response()
    }
}

/// Takes what an author's function has made.
pub fn service<S>(service: S) -> Service
where
    S: ServiceType + Clone + Send + Sync + 'static,
    S::Response: WebResponse,
    S::Error: ErrorType,
    S::Future: Send,
{
    Service(Box::new(service))
}

type Answering = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Error>> + Send>>;

trait Answer: Send + Sync {
    fn answer(&self, request: http::Request<Body>) -> Answering;
}

impl<S> Answer for S
where
    S: ServiceType + Clone + Send + Sync + 'static,
    S::Response: WebResponse,
    S::Error: ErrorType,
    S::Future: Send,
{
    fn answer(&self, request: http::Request<Body>) -> Answering {
        // The clone that says it is ready is the one that is called.
        let mut service = self.clone();
        Box::pin(async move {
            let ready = poll_fn(|cx| service.poll_ready(cx));
            ready.await.map_err(Into::into)?;
            let response = service.call(request).await.map_err(Into::into)?;
            response.into_web().await
        })
    }
}

/// The body as it stands after one look: whole if that was all of it, else to be streamed. So a short
/// answer crosses at once, and a body that fails at its start is an error of the invocation.
async fn begin<B>(mut body: Pin<Box<B>>) -> Result<Body, Error>
where
    B: http_body::Body + Send + 'static,
    B::Error: Into<Error>,
{
    if body.is_end_stream() {
        return Ok(Body::empty());
    }
    let first = match poll_fn(|cx| Poll::Ready(body.as_mut().poll_frame(cx))).await {
        Poll::Ready(None) => return Ok(Body::empty()),
        Poll::Ready(Some(Err(error))) => return Err(error.into()),
        Poll::Ready(Some(Ok(frame))) => data(frame),
        Poll::Pending => None,
    };
    if body.is_end_stream() {
        return Ok(first.unwrap_or_default().into());
    }
    Ok(Body::from_stream(Pieces { first, body }))
}

/// Not copied if it is `Bytes` already. Trailers are no data: there is no place for them.
fn data<D: Buf>(frame: Frame<D>) -> Option<Bytes> {
    let mut data = frame.into_data().ok()?;
    Some(data.copy_to_bytes(data.remaining()))
}

/// The rest of a body, behind what has been taken of it.
struct Pieces<B> {
    first: Option<Bytes>,
    body: Pin<Box<B>>,
}

impl<B> Stream for Pieces<B>
where
    B: http_body::Body,
    B::Error: Into<Error>,
{
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        loop {
            match ready!(self.body.as_mut().poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                Some(Ok(frame)) => {
                    if let Some(data) = data(frame) {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
            }
        }
    }
}
