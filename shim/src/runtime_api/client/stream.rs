//! A streamed answer.

use super::connection::{Connection, Failed};
use super::error::ClientError;
use super::head::RequestHead;
use super::trailers;
use crate::invocation::FunctionError;
use crate::runtime_api::wire;

/// A streamed answer on its way. Dropped before its end, it is cut off, and Lambda tells the
/// invoker so.
#[derive(Debug)]
pub struct ResponseStream<'a> {
    connection: &'a mut Connection,
    path: String,
    ended: bool,
}

impl<'a> ResponseStream<'a> {
    pub(super) fn begin(
        connection: &'a mut Connection,
        mut head: RequestHead,
    ) -> Result<Self, ClientError> {
        head.header(wire::RESPONSE_MODE, "streaming");
        let path = head.path().to_owned();
        let head = head.chunked();
        // What has been sent of a stream cannot be sent again.
        connection.renew_if_closed();
        let sent = connection.send(&[head.as_bytes()]);
        sent.map_err(|failed| lost(connection, failed))?;
        Ok(Self {
            connection,
            path,
            ended: false,
        })
    }

    /// Sends a piece of the response at once.
    ///
    /// # Errors
    /// The connection is lost. An answer that came instead of more patience is told by
    /// [`finish`](Self::finish).
    pub fn chunk(&mut self, piece: &[u8]) -> Result<(), ClientError> {
        // An empty chunk would be the last one.
        if piece.is_empty() {
            return Ok(());
        }
        let size = format!("{:x}\r\n", piece.len());
        let sent = self.connection.send(&[size.as_bytes(), piece, b"\r\n"]);
        sent.map_err(|failed| lost(self.connection, failed))
    }

    /// Ends the response: as it should, or with the error that its stream ended with.
    ///
    /// # Errors
    /// The connection is lost, or the answer is not taken.
    pub fn finish(mut self, error: Option<&FunctionError>) -> Result<(), ClientError> {
        let mut end = "0\r\n".to_owned();
        if let Some(error) = error {
            let (category, body) = trailers(error);
            for (name, value) in [(wire::ERROR_TYPE, category), (wire::ERROR_BODY, body)] {
                for part in [name, ": ", &value, "\r\n"] {
                    end.push_str(part);
                }
            }
        }
        end.push_str("\r\n");
        self.ended = true;
        let sent = self.connection.send(&[end.as_bytes()]);
        match (sent, self.connection.response()) {
            (_, Ok(response)) if (200..300).contains(&response.head.status) => Ok(()),
            (_, Ok(response)) => Err(response.refusal("POST", &self.path)),
            (Err(failed), Err(_)) | (Ok(()), Err(failed)) => Err(lost(self.connection, failed)),
        }
    }
}

impl Drop for ResponseStream<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.cut();
        }
    }
}

fn lost(connection: &mut Connection, failed: Failed) -> ClientError {
    connection.cut();
    match failed {
        Failed::Stale(error) => connection.interrupted(error),
        Failed::Error(error) => error,
    }
}
