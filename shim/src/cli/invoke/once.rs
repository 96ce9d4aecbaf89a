//! One call, and what is printed of it.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header;
use http_body_util::BodyExt as _;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::call::Kind;
use super::client::{Answer, Client, Connection, decode_log};
use super::failure::Failure;
use super::frames::{Decoder, Frame};
use crate::cli::{MAX_KEPT, inspect};
use crate::exit::{self, CommandFailed};

/// The type of a streamed response.
const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

/// Calls once. The exit code says whether the function failed.
pub(super) async fn run(client: &Client, json: bool) -> anyhow::Result<ExitCode> {
    let mut printed = Printed::default();
    let (answer, chunks) = match client.call.kind {
        Kind::Stream => {
            let mut kept = Vec::new();
            let mut chunk = |piece: Bytes| match json {
                true if kept.len() + piece.len() > MAX_KEPT => {
                    Err(CommandFailed::from(Failure::TooLong(MAX_KEPT)).into())
                }
                true => {
                    kept.extend_from_slice(&piece);
                    Ok(())
                }
                false => printed.bytes(&piece),
            };
            let (mut answer, chunks) = stream(client, &mut chunk).await?;
            if answer.function_error.is_none() {
                answer.body = kept.into();
            }
            (answer, Some(chunks))
        }
        Kind::Answer | Kind::Event | Kind::DryRun => {
            let answered = client.answer(&mut Connection::default()).await;
            (answered.map_err(CommandFailed::from)?, None)
        }
    };
    if json {
        inspect::print_json(&Document::of(&answer, chunks))?;
    } else {
        tell(client, &answer, chunks.is_some(), &mut printed)?;
    }
    Ok(match answer.function_error {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::from(exit::FUNCTION_FAILED),
    })
}

/// The response to standard output, the rest to standard error.
fn tell(
    client: &Client,
    answer: &Answer,
    streamed: bool,
    printed: &mut Printed,
) -> anyhow::Result<()> {
    // A stream was printed as it came, and its error is no part of it.
    if !streamed {
        printed.bytes(&answer.body)?;
    }
    printed.end_line();
    if let Some(log) = &answer.log {
        eprint!("{log}");
    }
    if let Some(error) = &answer.function_error {
        eprintln!(
            "error: the function failed: {}",
            reason(error, &answer.body)
        );
    }
    let id = answer.request_id.as_deref().unwrap_or("none");
    match client.call.kind {
        Kind::Event => eprintln!("the event was accepted (request id {id})"),
        Kind::DryRun => eprintln!("the function can be invoked"),
        Kind::Answer | Kind::Stream => {}
    }
    Ok(())
}

/// The function's error on a line: `OutOfStock: 9 wanted, 3 left`.
pub(super) fn reason(error: &str, document: &[u8]) -> String {
    let document: Value = serde_json::from_slice(document).unwrap_or_default();
    let member = |name| document.get(name).and_then(Value::as_str);
    match (member("errorType"), member("errorMessage")) {
        (Some(name), Some(message)) => format!("{name}: {message}"),
        (Some(text), None) | (None, Some(text)) => text.to_owned(),
        (None, None) => error.to_owned(),
    }
}

/// Standard output, as it is written.
#[derive(Default)]
struct Printed {
    /// The last byte, if it ends no line.
    open: bool,
}

impl Printed {
    fn bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
        written.context("cannot write to standard output")?;
        if let Some(last) = bytes.last() {
            self.open = *last != b'\n';
        }
        Ok(())
    }

    /// Where a person reads both, what follows begins on a line of its own. Nothing is added to
    /// standard output.
    fn end_line(&mut self) {
        let person = io::stdout().is_terminal() && io::stderr().is_terminal();
        if std::mem::take(&mut self.open) && person {
            eprintln!();
        }
    }
}

/// Reads a streamed response; each piece goes to `chunk` as it comes. Returns how it ended, and
/// how many pieces there were.
async fn stream(
    client: &Client,
    chunk: &mut impl FnMut(Bytes) -> anyhow::Result<()>,
) -> anyhow::Result<(Answer, u64)> {
    let begun = Instant::now();
    let mut connection = Connection::default();
    let sent = client.in_time(begun, client.send(&mut connection)).await;
    let (head, mut body) = sent.map_err(CommandFailed::from)?.into_parts();
    if !head.status.is_success() {
        let whole = client.in_time(begun, client.whole(body)).await;
        let refused = Failure::refused(client.url(), &head, &whole.unwrap_or_default());
        return Err(CommandFailed::from(refused).into());
    }
    let kind = head.headers.get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind != EVENT_STREAM) {
        let url = client.url().to_owned();
        let status = head.status.as_u16();
        return Err(CommandFailed::from(Failure::Stranger { url, status }).into());
    }
    let mut answer = Answer::of_head(&head);
    let (mut decoder, mut chunks) = (Decoder::default(), 0);
    let mut complete = false;
    loop {
        while let Some(frame) = decoder
            .next()
            .map_err(|error| CommandFailed::from(Failure::from(error)))?
        {
            match frame.header(":event-type") {
                "PayloadChunk" => {
                    chunks += 1;
                    chunk(frame.payload)?;
                }
                "InvokeComplete" => {
                    end(&mut answer, &frame);
                    complete = true;
                }
                _ if frame.header(":message-type") == "event" => {}
                _ => return Err(CommandFailed::from(broken_by(&frame)).into()),
            }
        }
        let next = async {
            match body.frame().await {
                None => Ok(None),
                Some(Ok(frame)) => Ok(Some(frame)),
                Some(Err(error)) => Err(client.broken(&error)),
            }
        };
        let next = client.in_time(begun, next).await;
        match next.map_err(CommandFailed::from)? {
            Some(frame) => decoder.push(frame.data_ref().map_or(&[], |data| data)),
            None => break,
        }
    }
    if !complete || !decoder.is_empty() {
        let url = client.url().to_owned();
        let why = "the stream ended before its last frame".to_owned();
        return Err(CommandFailed::from(Failure::Broken { url, why }).into());
    }
    answer.elapsed = begun.elapsed();
    Ok((answer, chunks))
}

/// What the last frame says.
fn end(answer: &mut Answer, frame: &Frame) {
    let said: Value = serde_json::from_slice(&frame.payload).unwrap_or_default();
    let text = |name| said.get(name).and_then(Value::as_str).map(str::to_owned);
    answer.log = text("LogResult").map(|log| decode_log(&log));
    answer.function_error = text("ErrorCode");
    answer.body = text("ErrorDetails").unwrap_or_default().into();
}

/// The service itself has failed in the middle.
fn broken_by(frame: &Frame) -> Failure {
    let name =
        ["exception-type", "error-code"].map(|name| frame.header(&format!(":{name}")).to_owned());
    Failure::Refused {
        status: 200,
        name: name
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_default(),
        message: match frame.header(":error-message") {
            "" => String::from_utf8_lossy(&frame.payload).into_owned(),
            message => message.to_owned(),
        },
        retry_after: None,
    }
}

/// All that is known of a call.
#[derive(Serialize)]
struct Document<'a> {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    executed_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    elapsed_ms: f64,
    /// The pieces of a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    chunks: Option<u64>,
    /// The response, where it is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Box<RawValue>>,
    /// The response, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'a str>,
}

impl<'a> Document<'a> {
    fn of(answer: &'a Answer, chunks: Option<u64>) -> Self {
        let payload: Option<Box<RawValue>> = serde_json::from_slice(&answer.body).ok();
        let other = payload.is_none() && !answer.body.is_empty();
        Self {
            status: answer.status,
            function_error: answer.function_error.as_deref(),
            executed_version: answer.executed_version.as_deref(),
            request_id: answer.request_id.as_deref(),
            elapsed_ms: answer.elapsed.as_secs_f64() * 1e3,
            chunks,
            payload,
            payload_base64: other.then(|| STANDARD.encode(&answer.body)),
            log: answer.log.as_deref(),
        }
    }
}
