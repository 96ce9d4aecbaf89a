//! Web handlers that are services.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context as TaskContext, Poll};

use axum::extract::Path;
use axum::{Extension, Router, routing};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt as _, Full};
use plugin_api::http::{Request, Response, StatusCode, header};
use plugin_api::testing::Function;
use plugin_api::{Body, Bytes, Context, Error, InitContext, handler};
use tower_service::Service;

#[handler(service)]
async fn greeter(ctx: InitContext) -> Result<Router, Error> {
    let word: &str = ctx.var("WORD").ok_or("WORD is not set")?;
    let greeting = format!("{word}, ");
    let greet = |Path(name): Path<String>, Extension(ctx): Extension<Context>| async move {
        format!("{greeting}{name} of {}!", ctx.function_name())
    };
    Ok(Router::new().route("/{name}", routing::get(greet)))
}

#[test]
fn a_router_answers_requests() {
    let builder = Function::<greeter>::builder().var("WORD", "Hello");
    let function = builder.load().unwrap();
    let request = Request::builder().uri("/Ada").body("").unwrap();
    let response = function.request(request).unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CONTENT_LENGTH], "19");
    assert_eq!(response.body(), "Hello, Ada of test!");
    let response = function.request(Request::new("")).unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    function.stop().unwrap();
}

#[test]
fn a_service_that_cannot_be_made_refuses_the_plugin() {
    let error = Function::<greeter>::load().err().unwrap();
    assert_eq!(error.to_string(), "WORD is not set");
}

/// Answers as the path says.
#[derive(Clone, Default)]
struct Steps {
    /// Of all clones together.
    polled: Arc<AtomicU32>,
    /// Of this one.
    is_ready: bool,
}

impl Service<Request<Body>> for Steps {
    type Response = Response<Full<Bytes>>;
    type Error = Error;
    type Future = Ready<Result<Self::Response, Error>>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), Error>> {
        match self.polled.fetch_add(1, Ordering::Relaxed) {
            // Not at once.
            0 => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            4 => Poll::Ready(Err(Error::new("Overloaded", "come back later"))),
            _ => {
                self.is_ready = true;
                Poll::Ready(Ok(()))
            }
        }
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        assert!(self.is_ready, "called without having been ready");
        ready(match request.uri().path() {
            "/fails" => Err(Error::new("Refused", "not this one")),
            path => Ok(Response::new(Full::from(path.to_owned()))),
        })
    }
}

#[handler(service, name = "in_steps")]
fn steps() -> Steps {
    Steps::default()
}

#[test]
fn each_request_has_a_clone_that_was_ready() {
    let function = Function::<steps>::load().unwrap();
    let get = |path: &str| function.request(Request::builder().uri(path).body("").unwrap());
    assert_eq!(get("/one").unwrap().body(), "/one");
    let refused = get("/fails").unwrap_err();
    assert_eq!(refused.name(), "Refused");
    assert_eq!(get("/two").unwrap().body(), "/two");
    let overloaded = get("/three").unwrap_err();
    assert_eq!(overloaded.name(), "Overloaded");
    assert_eq!(get("/four").unwrap().body(), "/four");
}

/// The steps of a body: data, a wait, trailers, an error.
struct Frames(Vec<Option<Step>>);

type Step = Result<Frame<&'static [u8]>, &'static str>;

impl http_body::Body for Frames {
    type Data = &'static [u8];
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let step = self.0.remove(0);
        if step.is_none() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(step)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// A body of these steps: `.` is a wait, `!` an error, `#` trailers, all else data.
fn frames(steps: &'static str) -> Frames {
    let step = |at: usize| match &steps[at..=at] {
        "." => None,
        "!" => Some(Err("torn")),
        "#" => Some(Ok(Frame::trailers(Default::default()))),
        piece => Some(Ok(Frame::data(piece.as_bytes()))),
    };
    Frames((0..steps.len()).map(step).collect())
}

#[derive(Clone)]
struct Bodies;

impl Service<Request<Body>> for Bodies {
    type Response = Response<Frames>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let body = match request.uri().path() {
            "/at-once" => frames("abc"),
            "/later" => frames(".a.b"),
            "/trailers" => frames("a#"),
            "/only-trailers" => frames("#"),
            "/fails-at-first" => frames("!"),
            "/fails-later" => frames("a.!"),
            _ => frames(""),
        };
        ready(Ok(Response::new(body)))
    }
}

#[handler(service)]
async fn bodies() -> Bodies {
    Bodies
}

#[test]
fn a_body_arrives_whole_however_it_comes() {
    let function = Function::<bodies>::load().unwrap();
    let get = |path: &str| function.request(Request::builder().uri(path).body("").unwrap());
    for (path, body) in [
        ("/at-once", "abc"),
        ("/later", "ab"),
        ("/trailers", "a"),
        ("/only-trailers", ""),
        ("/empty", ""),
    ] {
        assert_eq!(get(path).unwrap().body(), body, "{path}");
    }
    for path in ["/fails-at-first", "/fails-later"] {
        let error = get(path).unwrap_err();
        assert_eq!(error.to_string(), "torn", "{path}");
    }
}

/// The error of a request's body keeps its name on its way through a library.
#[tokio::test]
async fn the_error_of_a_body_stays_what_it_was() {
    let (sender, body) = Body::channel();
    sender
        .fail(Error::new("Request.CutOff", "the sender left"))
        .await;
    let error = Error::from(body.collect().await.err().unwrap());
    assert_eq!(error.name(), "Request.CutOff");
    let (sender, body) = Body::channel();
    sender
        .fail(Error::new("Request.CutOff", "the sender left"))
        .await;
    let boxed: Box<dyn std::error::Error + Send + Sync> =
        body.collect().await.err().unwrap().into();
    assert_eq!(Error::from(boxed).name(), "Request.CutOff");
}

/// Panics where it is told to.
#[derive(Clone)]
struct Jumpy;

impl Service<Request<Body>> for Jumpy {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        assert_ne!(request.uri().path(), "/boo", "startled");
        ready(Ok(Response::new(Full::default())))
    }
}

#[handler(service)]
fn jumpy() -> Result<Jumpy, Infallible> {
    Ok(Jumpy)
}

#[test]
fn a_panic_of_a_service_is_an_error_and_the_next_request_is_served() {
    let function = Function::<jumpy>::load().unwrap();
    let get = |path: &str| function.request(Request::builder().uri(path).body("").unwrap());
    for _ in 0..2 {
        let error = get("/boo").unwrap_err();
        assert_eq!(error.name(), "Runtime.Panic");
        assert!(error.to_string().contains("startled"), "{error}");
        assert_eq!(get("/").unwrap().status(), StatusCode::OK);
    }
}
