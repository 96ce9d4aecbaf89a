//! What requests meet first: the state of the builds.

use std::future::Future;

use http::{HeaderName, HeaderValue, Response, StatusCode};
use tokio::sync::watch;

use super::state::{Phase, State};
use crate::engine::Served;
use crate::frontend::{App, Peer, Received, Site};
use crate::invocation::Body;

/// Tells that the sources do not build, so that what answers is older.
const BUILD: HeaderName = HeaderName::from_static("x-shim-build");

/// All that is served, behind the state of the builds.
pub(super) struct Held {
    pub(super) site: Site<Served>,
    pub(super) state: watch::Receiver<State>,
    /// Requests wait while it builds.
    pub(super) wait: bool,
}

impl Held {
    /// The state when a request may go on: at once, or when the build is done that it waits for.
    async fn settled(&self) -> State {
        let held = |state: &State| {
            matches!(state.phase, Phase::Building) && (self.wait || !state.complete)
        };
        let now = self.state.borrow().clone();
        if !held(&now) {
            return now;
        }
        let mut state = self.state.clone();
        let settled = state.wait_for(|state| !held(state)).await;
        // Nobody builds any more.
        settled.map_or(now, |state| state.clone())
    }

    async fn answer(&self, request: Received, peer: Peer) -> Box<Response<Body>> {
        if !self.site.is_for_function(&request.head) {
            return Box::pin(self.site.call(request, peer)).await;
        }
        let state = self.settled().await;
        let Phase::Failed(why) = &state.phase else {
            return Box::pin(self.site.call(request, peer)).await;
        };
        let refused =
            (self.wait || !state.complete).then(|| self.site.not_built(&request.head, why));
        let mut response = match refused {
            Some(refused) if self.wait || !state.serving => refused,
            // Some plugins are there: what none of them answers may be of one that is not.
            Some(refused) => {
                let response = Box::pin(self.site.call(request, peer)).await;
                match response.status() {
                    StatusCode::NOT_FOUND => refused,
                    _ => response,
                }
            }
            None => Box::pin(self.site.call(request, peer)).await,
        };
        let failed = HeaderValue::from_static("failed");
        response.headers_mut().insert(BUILD, failed);
        response
    }
}

impl App for Held {
    fn call(
        &self,
        request: Received,
        peer: Peer,
    ) -> impl Future<Output = Box<Response<Body>>> + Send {
        self.answer(request, peer)
    }
}
