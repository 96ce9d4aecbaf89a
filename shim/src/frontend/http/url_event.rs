//! Requests as events of payload format 2.0, and the way back.

use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Response, header};

use super::{Http, conclude, finish_otherwise};
use crate::frontend::catalogue::Routed;
use crate::frontend::log::Abandoned;
use crate::frontend::seen::{self, AMZN_REQUEST_ID, Seen};
use crate::frontend::url::{self, Arrival, Endpoint, PreludeError};
use crate::frontend::{Peer, Received, problem, render, trace};
use crate::invocation::{
    Accepts, Answer, Body, ErrorKind, FunctionError, Invocation, Invoke, Outcome, Payload,
    RequestId,
};

impl<F: Invoke> Http<F> {
    /// Hands the request over as an event, and makes a response of what comes back.
    pub(super) async fn url_event(
        &self,
        routed: Routed<'_, F>,
        request: Received,
        peer: Peer,
        arrived: Instant,
    ) -> Box<Response<Body>> {
        let function = &routed.entry.function;
        let Received { head, body } = request;
        let (head, _) = head.into_parts();
        // It is logged as a request to a web handler is.
        let seen = Seen::of(&head, Accepts::Http { whole_body: true });
        let abandoned = Abandoned::unless_done(&seen, function.name(), arrived);
        let body = match self.policy.admit(&head.headers, body).await {
            Ok(body) => self.policy.collect(body).await,
            Err(error) => Err(error),
        };
        let body = match body {
            Ok(body) => body,
            Err(error) => {
                abandoned.done();
                return finish_otherwise(function, &seen, problem::body_error(&error), None);
            }
        };
        let now = SystemTime::now();
        let trace_id = seen::ids(&head.headers).1;
        let trace_id = trace_id.unwrap_or_else(|| {
            // The caller's own request id may be any text.
            let begun = trace::begin(&RequestId::random());
            begun.to_str().unwrap_or_default().to_owned()
        });
        let endpoint = Endpoint {
            https: peer.tls,
            port: peer.port,
            ..Endpoint::default()
        };
        let event = url::event(
            &endpoint,
            &head,
            &body,
            &Arrival {
                source_ip: peer.ip,
                request_id: seen.id.as_str(),
                trace_id: &trace_id,
                route_key: routed.route_key,
                path_parameters: &routed.path_parameters,
                time: now,
            },
        );
        let outcome = function
            .invoke(Invocation {
                id: seen.id,
                payload: Payload::Event(event),
                trace_id: Some(trace_id),
                caller: None,
                arrived,
            })
            .await;
        let mut outcome = match outcome {
            Ok(outcome) => outcome,
            Err(refusal) => {
                abandoned.done();
                let response = problem::refusal(&refusal);
                return finish_otherwise(function, &seen, response, Some(refusal));
            }
        };
        let json = matches!(
            function.accepts(),
            Accepts::Event {
                json_response: true,
                ..
            }
        );
        let response = match outcome.result {
            Ok(answer) => {
                let response = url_response(answer, json).await;
                // A stream that failed was counted by itself.
                response.map_err(|NotSent { error, counted }| {
                    if !counted {
                        routed.entry.metrics.failed_late();
                    }
                    error
                })
            }
            Err(error) => Err(error),
        };
        abandoned.done();
        outcome.result = response.map(Answer::Http);
        finish_url(function, &seen, outcome)
    }
}

/// From the response of a function to an event of payload format 2.0.
async fn url_response(answer: Answer, json: bool) -> Result<Box<Response<Body>>, NotSent> {
    let bad = |reason: String, counted| {
        let kind = ErrorKind::Handler;
        let error = Box::new(FunctionError::new(kind, "Runtime.BadResponse", reason));
        NotSent { error, counted }
    };
    let whole = match answer {
        Answer::Http(response) => return Ok(response),
        Answer::Event(Body::Empty) => Bytes::new(),
        Answer::Event(Body::Full(bytes)) => bytes,
        Answer::Event(Body::Stream(stream)) => {
            return match url::split(stream).await {
                Ok((head, rest)) => Ok(Box::new(head.with_body(Body::Stream(rest)))),
                Err(PreludeError::Absent { body, .. }) => {
                    let mut response = Response::new(Body::Stream(body));
                    let bytes = HeaderValue::from_static("application/octet-stream");
                    response.headers_mut().insert(header::CONTENT_TYPE, bytes);
                    Ok(Box::new(response))
                }
                Err(error) => {
                    let counted = matches!(error, PreludeError::Stream(_));
                    Err(bad(error.to_string(), counted))
                }
            };
        }
    };
    url::response(whole, json)
        .map(Box::new)
        .map_err(|error| bad(error.to_string(), false))
}

/// A response that is none.
struct NotSent {
    error: Box<FunctionError>,
    /// The metrics know already that the function failed.
    counted: bool,
}

/// As [`finish`](super::finish): a function that fails is a bad gateway, as behind a function URL.
fn finish_url<F: Invoke>(function: &F, seen: &Seen, outcome: Outcome) -> Box<Response<Body>> {
    let (mut response, error) = match outcome.result {
        Ok(Answer::Http(mut response)) => {
            render::web(&mut response);
            (response, None)
        }
        Ok(Answer::Event(_)) => (Box::new(url::failed()), None),
        Err(error) => (Box::new(url::failed()), Some(error)),
    };
    // As every response of a function URL.
    if let Ok(id) = HeaderValue::from_bytes(seen.id.as_bytes()) {
        response.headers_mut().insert(AMZN_REQUEST_ID, id);
    }
    let took = (outcome.duration, outcome.cold_start);
    conclude(function, seen, &mut response, took, error);
    response
}
