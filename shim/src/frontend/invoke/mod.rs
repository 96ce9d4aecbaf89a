//! The Lambda Invoke API: `Invoke`, `InvokeWithResponseStream` and the old `InvokeAsync`, so that
//! AWS's own clients work against the shim once their endpoint is changed.
//!
//! Source: the model of the Lambda API, 2015-03-31, and recordings of what Lambda answers. A
//! function's own error is an answer with status 200; all others are made in `api_error`.
//!
//! - `path`, `call`: what is asked for, read from path and headers
//! - `service`: finds the function; `work`: runs it and answers; `answered`: with what
//! - `attempts`: the same call, sent again
//! - `stream`, `frame`: responses in frames
//! - `report`: how it ended

mod answered;
mod api_error;
mod attempts;
mod call;
mod detached;
mod frame;
mod path;
mod plain_json;
mod report;
mod service;
mod stream;
#[cfg(feature = "dev")]
mod unbuilt;
mod work;

pub use service::{InvokeApi, InvokePlan};

/// Reads path and headers of a request, as far as there is something to read.
#[cfg(fuzzing)]
pub(super) fn fuzz(head: &http::request::Parts) {
    let Some(path) = path::api_path(head.uri.path(), "") else {
        return;
    };
    path::qualifier(head.uri.query());
    if let path::Asked::Call(operation, _) = path::read(&head.method, path) {
        let _ = call::Call::read(operation, &head.headers);
    }
}

/// The quick look at an event.
#[cfg(fuzzing)]
pub(super) fn fuzz_json(text: &[u8]) -> bool {
    plain_json::is_plain(text)
}
