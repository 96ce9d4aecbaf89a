//! What must be known of a request after the handler has taken it.

use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, Method, Request, Uri};

use super::log;
use crate::invocation::{Accepts, RequestId};

/// As Lambda has it.
pub(super) const AMZN_REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(super) const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// What a request looked like.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// The caller's, or a new one.
    pub(super) id: RequestId,
    /// The response must have no body.
    pub(super) head: bool,
    pub(super) accepts: Accepts,
    /// Anything is logged at all.
    pub(super) logged: bool,
    /// For the log line of a web handler, if there will be one; all events look the same.
    pub(super) target: Option<(Method, Option<PathAndQuery>)>,
}

impl Seen {
    /// Copies no text: method and path are counted references or small.
    pub(super) fn new<B>(request: &Request<B>, accepts: Accepts, id: RequestId) -> Self {
        Self::with(request.method(), request.uri(), accepts, id)
    }

    /// As [`new`](Self::new), of a head alone.
    pub(super) fn of(head: &Parts, accepts: Accepts) -> Self {
        let (id, _) = ids(&head.headers);
        Self::with(&head.method, &head.uri, accepts, id)
    }

    fn with(method: &Method, uri: &Uri, accepts: Accepts, id: RequestId) -> Self {
        let logged = log::is_on();
        let told = logged && matches!(accepts, Accepts::Http { .. });
        Self {
            id,
            head: *method == Method::HEAD,
            accepts,
            logged,
            target: told.then(|| (method.clone(), uri.path_and_query().cloned())),
        }
    }
}

/// The caller's request id (or a new one) and its trace.
///
/// One pass over the few headers of a request takes less time than two look-ups do.
pub(super) fn ids(headers: &HeaderMap) -> (RequestId, Option<String>) {
    let (mut id, mut trace) = (None, None);
    for (name, value) in headers {
        if name == REQUEST_ID && id.is_none() {
            id = value.to_str().ok().and_then(RequestId::parse);
        } else if name == TRACE_ID && trace.is_none() {
            trace = value.to_str().ok().map(str::to_owned);
        }
    }
    (id.unwrap_or_else(RequestId::random), trace)
}
