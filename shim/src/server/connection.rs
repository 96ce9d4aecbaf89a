//! One connection, from its first byte to its close.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use http::Request;
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use super::activity::{Activity, Order};
use super::in_flight::{Counted, InFlight, Link};
use super::io::Io;
use super::limits::Limits;
use super::listener::Socket;
use super::preface::Preface;
use super::stream::Stream;
use super::tls::Tls;
use super::waker::Filtered;
use crate::frontend::{App, Peer, Received};

/// How both protocols are spoken. Made once for a listener.
#[derive(Debug)]
pub(super) struct Protocols {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

impl Protocols {
    pub(super) fn new(limits: &Limits) -> Self {
        let mut http1 = http1::Builder::new();
        http1
            .max_header_size(limits.header_bytes)
            // `Io` sees a client that goes away, and only looks when that can matter.
            .half_close(true)
            // The sweeper does it: a timer for each request costs more.
            .header_read_timeout(None);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::default())
            .max_concurrent_streams(limits.streams)
            .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .keep_alive_interval(limits.ping_interval)
            .keep_alive_timeout(limits.ping_timeout);
        Self { http1, http2 }
    }
}

/// Serves the requests of one connection, until the client closes it or an order comes.
pub(super) async fn run<A: App>(
    socket: Socket,
    tls: Option<Tls>,
    app: Arc<A>,
    protocols: Arc<Protocols>,
    activity: Arc<Activity>,
) {
    let peer = Peer {
        tls: tls.is_some(),
        ..socket.peer()
    };
    let mut stream = match tls {
        None => Stream::Plain(socket),
        Some(tls) => match shake_hands(&tls, socket, &activity).await {
            Some(stream) => stream,
            None => return,
        },
    };
    let preface = {
        let preface = pin!(Preface::read(&mut stream));
        obeying(&activity, preface, |_| Then::Leave).await
    };
    let Some(Ok(Some(preface))) = preface else {
        return;
    };
    let http2 = preface.is_http2();
    let io = TokioIo::new(Io::new(stream, activity.clone(), preface));
    let link = Arc::new(Link {
        app,
        activity: activity.clone(),
        http2,
        peer,
    });
    let service = service_fn(move |request: Request<Incoming>| {
        let has_body = !request.body().is_end_stream();
        let in_flight = InFlight::new(&link, has_body);
        let request = Received::from(request);
        async move {
            let response = in_flight.app().call(request, in_flight.peer()).await;
            Ok::<_, Infallible>(response.map(|body| Counted {
                body,
                request: in_flight,
            }))
        }
    });
    let end = if http2 {
        // Boxed: it is rare, and its state is several times that of HTTP/1.
        let connection = Box::pin(protocols.http2.serve_connection(io, service));
        let connection = pin!(connection);
        obeying(&activity, connection, |connection| {
            connection.get_mut().as_mut().graceful_shutdown();
            Then::Finish
        })
        .await
    } else {
        let connection = pin!(protocols.http1.serve_connection(io, service));
        obeying(&activity, connection, |connection| {
            connection.graceful_shutdown();
            Then::Finish
        })
        .await
    };
    if let Some(Err(error)) = end {
        tracing::debug!(error = %chain(&error), "connection ended with an error");
    }
}

/// The handshake has as long as the first request's head, and the two share that time. `None` when
/// the connection is over.
async fn shake_hands(tls: &Tls, socket: Socket, activity: &Activity) -> Option<Stream> {
    let handshake = pin!(tls.accept(socket));
    match obeying(activity, handshake, |_| Then::Leave).await? {
        Ok(stream) => Some(stream),
        Err(error) => {
            tracing::debug!(error = %chain(&error), "a TLS handshake failed");
            None
        }
    }
}

/// What to do after the order to drain.
enum Then {
    Finish,
    Leave,
}

/// Polls `work` to its end; `None` when an order ended it before. On the order to drain, `work`
/// first sees what has arrived up to now, then `drain` is called.
async fn obeying<W: Future>(
    activity: &Activity,
    mut work: Pin<&mut W>,
    drain: impl Fn(Pin<&mut W>) -> Then,
) -> Option<W::Output> {
    let mut draining = false;
    let mut waker = Filtered::default();
    poll_fn(|cx| {
        activity.obey(cx);
        if activity.order() == Order::Kill {
            return Poll::Ready(None);
        }
        let bodies = activity.has_had_bodies();
        if let Poll::Ready(output) = waker.poll(cx, bodies, |cx| work.as_mut().poll(cx)) {
            return Poll::Ready(Some(output));
        }
        if draining || activity.order() == Order::Run {
            return Poll::Pending;
        }
        draining = true;
        match drain(work.as_mut()) {
            Then::Finish => {
                let bodies = activity.has_had_bodies();
                waker
                    .poll(cx, bodies, |cx| work.as_mut().poll(cx))
                    .map(Some)
            }
            Then::Leave => Poll::Ready(None),
        }
    })
    .await
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}
