//! The head of a streamed response: JSON, eight NUL bytes, then the body.

use std::fmt;

use bytes::{Bytes, BytesMut};
use http_body::Frame;

use super::head::Members;
use super::{Head, HeadError};
use crate::gateway::{PRELUDE_END, rejoin};
use crate::invocation::{BodyError, BoxBody};

/// The longest prelude that is looked for, in bytes, without the NULs that end it.
pub const PRELUDE_LIMIT: usize = 64 * 1024;

/// Reads the prelude `{"statusCode": …, "headers": {…}, "cookies": […]}` of a streamed response,
/// wherever it is cut into chunks; what follows it is the body.
///
/// Status is 200 and content type `application/octet-stream` where the prelude names none. At most
/// [`PRELUDE_LIMIT`] and eight bytes are held, beside the chunk that arrived last. Cancelling the
/// future drops the stream.
pub async fn split(mut body: BoxBody) -> Result<(Head, BoxBody), PreludeError> {
    let mut read = BytesMut::new();
    let mut begun = false;
    loop {
        let frame = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await;
        let Some(frame) = frame.transpose().map_err(PreludeError::Stream)? else {
            return Err(absent(NoPrelude::Ended, read, None, body));
        };
        let mut data = match frame.into_data() {
            Ok(data) => data,
            Err(trailers) => {
                return Err(absent(NoPrelude::Ended, read, Some(trailers), body));
            }
        };
        let first = data.iter().find(|byte| !byte.is_ascii_whitespace());
        if first.is_some_and(|byte| !begun && *byte != b'{') {
            let next = Some(Frame::data(data));
            return Err(absent(NoPrelude::NotJson, read, next, body));
        }
        begun |= first.is_some();
        let room = PRELUDE_LIMIT + PRELUDE_END.len() - read.len();
        let taken = data.split_to(room.min(data.len()));
        // The boundary may have begun in what was read before.
        let from = read.len().saturating_sub(PRELUDE_END.len() - 1);
        read.extend_from_slice(&taken);
        if let Some(at) = boundary(&read[from..]) {
            let prelude = read.split_to(from + at).freeze();
            let start = read.split_off(PRELUDE_END.len()).freeze();
            let head = parse(&prelude)?;
            let start = [Some(Frame::data(start)), Some(Frame::data(data))];
            return Ok((head, rejoin(start, body)));
        }
        if read.len() == PRELUDE_LIMIT + PRELUDE_END.len() {
            let next = Some(Frame::data(data));
            return Err(absent(NoPrelude::TooLong, read, next, body));
        }
    }
}

fn boundary(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(PRELUDE_END.len())
        .position(|window| window == PRELUDE_END)
}

fn parse(prelude: &[u8]) -> Result<Head, PreludeError> {
    let members: Members<'_> =
        serde_json::from_slice(prelude).map_err(|error| PreludeError::NotJson {
            reason: error.to_string(),
        })?;
    Ok(Head::read(&members, "application/octet-stream")?)
}

fn absent(
    reason: NoPrelude,
    read: BytesMut,
    next: Option<Frame<Bytes>>,
    rest: BoxBody,
) -> PreludeError {
    let body = rejoin([Some(Frame::data(read.freeze())), next], rest);
    PreludeError::Absent { reason, body }
}

/// Why there is no head.
#[derive(thiserror::Error)]
pub enum PreludeError {
    /// The stream has no prelude: all of it is body.
    #[error("the streamed response has no prelude: {reason}")]
    Absent {
        /// What was seen instead.
        reason: NoPrelude,
        /// The whole stream, from its first byte.
        body: BoxBody,
    },
    /// There is a prelude, and it is not JSON, or not an object, or holds a member twice.
    #[error("the prelude of the streamed response is not a JSON object: {reason}")]
    NotJson {
        /// What the parser says, with line and column.
        reason: String,
    },
    /// There is a prelude, and status, headers or cookies in it are wrong.
    #[error("the prelude of the streamed response is wrong: {0}")]
    Head(#[from] HeadError),
    /// The stream failed before the prelude's end.
    #[error("the streamed response ended in its prelude: {0}")]
    Stream(#[source] BodyError),
}

impl fmt::Debug for PreludeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A stream has nothing to show.
        write!(f, "PreludeError({self})")
    }
}

/// How a stream shows that it has no prelude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPrelude {
    /// It does not begin with `{`.
    #[error("it does not begin with a JSON object")]
    NotJson,
    /// It ended before eight NULs.
    #[error("it ended before eight NUL bytes")]
    Ended,
    /// No NULs within the limit.
    #[error("no eight NUL bytes follow within {PRELUDE_LIMIT} bytes")]
    TooLong,
}
