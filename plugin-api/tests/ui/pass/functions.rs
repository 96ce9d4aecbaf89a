//! All the shapes that a function can have.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub)]
#![deny(clippy::all, clippy::pedantic)]

use std::io;

use plugin_api::http::{Request, Response};
use plugin_api::{Body, Bytes, Context, Error, handler};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Greeting {
    name: String,
}

#[derive(Serialize)]
struct Reply {
    text: String,
}

enum Refused {
    NoName,
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoName => Self::new("NoName", "who are you?"),
        }
    }
}

/// As in the documentation.
#[handler]
async fn hello(event: Greeting, _ctx: Context) -> Result<Reply, Error> {
    Ok(Reply { text: event.name })
}

/// Declares its errors, as words and as texts, raw words too.
#[handler(errors(NotFound, "Orders.OutOfStock", r#type,), name = "fetch")]
async fn declares(event: Greeting) -> Result<Reply, Error> {
    Err(Error::new("NotFound", event.name))
}

/// A plain function.
#[handler]
fn plain(event: Greeting) -> Reply {
    Reply { text: event.name }
}

/// Nothing in, nothing out.
#[handler]
fn nothing() {}

/// Only the context.
#[handler]
async fn id(ctx: Context) -> String {
    ctx.request_id().to_owned()
}

/// Bytes.
#[handler]
async fn bytes(event: Bytes) -> Bytes {
    event
}

/// A streamed response to an event.
#[handler]
async fn streamed(event: Bytes) -> Body {
    event.into()
}

/// An error type of its own.
#[handler]
async fn refuse(event: Greeting) -> std::result::Result<Reply, Refused> {
    if event.name.is_empty() {
        return Err(Refused::NoName);
    }
    Ok(Reply { text: event.name })
}

/// A web handler.
#[handler]
async fn site(request: Request<Body>) -> Result<Response<Body>, Error> {
    Ok(Response::new(request.into_body()))
}

/// A plain web handler, whose body is made of text.
#[handler]
fn plain_site(request: Request<Body>, _: Context) -> Response<String> {
    Response::new(request.uri().to_string())
}

/// An HTTP answer to an event.
#[handler]
async fn page(event: Greeting) -> Response<String> {
    Response::new(event.name)
}

type WebRequest = Request<Body>;
type Answer = Result<Response<Body>, Error>;

/// Under other names.
#[handler]
async fn aliases(request: WebRequest) -> Answer {
    Ok(Response::new(request.into_body()))
}

type TextError<T> = std::result::Result<T, String>;

/// Under another name, with an error that is a serde type as well.
#[handler]
async fn text_error(event: Greeting) -> TextError<Reply> {
    Ok(Reply { text: event.name })
}

/// Likewise, for bytes.
#[handler]
async fn text_error_of_bytes(event: Bytes) -> TextError<Bytes> {
    Ok(event)
}

/// Likewise, for the web.
#[handler]
async fn text_error_of_site(request: WebRequest) -> TextError<Response<Body>> {
    Ok(Response::new(request.into_body()))
}

type Result<T, E = Error> = std::result::Result<T, E>;

/// The `Result` that so many crates have.
#[handler]
async fn own_result(event: Greeting) -> Result<String> {
    Ok(event.name)
}

/// That of another crate.
#[handler]
fn io_result() -> io::Result<u32> {
    Err(io::Error::other("no"))
}

/// Another crate's error.
#[handler]
async fn any_error(event: String) -> std::result::Result<u32, anyhow::Error> {
    Ok(event.parse()?)
}

/// Names that the macro might use itself.
#[handler]
fn request(request: Bytes) -> Bytes {
    request
}

#[handler]
fn event(context: u32, _: Context) -> u32 {
    context
}

/// Patterns as arguments.
#[handler]
async fn patterns((left, right): (u32, u32), _: Context) -> u32 {
    left + right
}

fn main() {}
