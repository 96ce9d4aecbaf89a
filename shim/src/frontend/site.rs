//! All that is served on the main port.

use std::future::{Future, ready};
use std::sync::Arc;

use http::{Method, Response};
use tokio_util::either::Either;

use super::{App, Http, InvokeApi, Peer, Readiness, Received, admin, render};
use crate::invocation::{Body, Invoke};

/// The main port: the Invoke API under its own paths, perhaps a path for health checks, and plain
/// HTTP everywhere else.
pub struct Site<F: Invoke> {
    http: Http<F>,
    pub(super) invoke: Option<Arc<InvokeApi<F>>>,
    health: Option<(String, Readiness)>,
}

impl<F: Invoke> Site<F> {
    /// `health`: the path of the health check, and what it tells.
    pub fn new(
        http: Http<F>,
        invoke: Option<Arc<InvokeApi<F>>>,
        health: Option<(String, Readiness)>,
    ) -> Self {
        Self {
            http,
            invoke,
            health,
        }
    }

    pub(super) fn health(&self, request: &http::Request<Body>) -> Option<Box<Response<Body>>> {
        let (path, readiness) = self.health.as_ref()?;
        let asked =
            request.uri().path() == path && matches!(*request.method(), Method::GET | Method::HEAD);
        asked.then(|| {
            let mut response = admin::ready(readiness);
            render::fit_body(&mut response, *request.method() == Method::HEAD);
            Box::new(response)
        })
    }
}

impl<F: Invoke> App for Site<F> {
    // What waits for an answer is large: it is made where it stays, not moved there.
    #[inline(always)]
    fn call(
        &self,
        request: Received,
        peer: Peer,
    ) -> impl Future<Output = Box<Response<Body>>> + Send {
        let path = request.head.uri().path();
        // No `async` block: it would move request and response once more.
        if let Some(api) = self.invoke.as_ref().filter(|api| api.owns(path)) {
            return Either::Right(Either::Left(api.call(request)));
        }
        match self.health(&request.head) {
            Some(health) => Either::Right(Either::Right(ready(health))),
            None => Either::Left(self.http.call(request, peer)),
        }
    }
}
