//! Answers that are streamed: handed on as they come.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http_body::Frame;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::mpsc;

use super::answer::{Answering, drop_rest, of_trailers};
use super::refusal::{Refusal, accepted};
use crate::invocation::{Answer, Body, BodyError};

/// The longest streamed response, in bytes: as Lambda's, 200 MiB.
const MAX_STREAM: usize = 200 * 1024 * 1024;

/// How many pieces may wait for a slow reader. Each is as large as what was read at once.
const PIECES: usize = 1;

type Piece = Result<Frame<Bytes>, BodyError>;

/// Answers with a stream at once, and passes on what comes.
pub(super) async fn response(
    mut answering: Answering,
    mut body: Incoming,
) -> Result<Response<Body>, Refusal> {
    let (pieces, stream) = mpsc::channel(PIECES);
    if !answering.send(Ok(Answer::Event(Body::stream(Pieces(stream))))) {
        drop_rest(body).await;
        return Err(Refusal::late());
    }
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                let reason = error.to_string();
                let _ = pieces.send(Err(BodyError::CutOff { reason })).await;
                return Err(Refusal::truncated());
            }
        };
        let piece = match frame.into_trailers() {
            Ok(trailers) => match of_trailers(trailers) {
                Some(error) => Err(BodyError::Failed(Box::new(error))),
                None => continue,
            },
            Err(frame) => {
                length += frame.data_ref().map_or(0, Bytes::len);
                Ok(frame)
            }
        };
        if length > MAX_STREAM {
            let limit = MAX_STREAM as u64;
            let _ = pieces.send(Err(BodyError::TooLarge { limit })).await;
            drop_rest(body).await;
            return Err(Refusal::too_large());
        }
        if pieces.send(piece).await.is_err() {
            // Nobody reads it any more, which is nothing that the runtime does wrong.
            drop_rest(body).await;
            break;
        }
    }
    Ok(accepted())
}

/// What comes over a channel, as a body.
struct Pieces(mpsc::Receiver<Piece>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        self.0.poll_recv(cx)
    }
}
