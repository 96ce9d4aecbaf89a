//! What can go wrong between a runtime and its host.

use std::io;

/// Why the Runtime API gave no invocation, or took no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It cannot be reached.
    #[error("cannot connect to the Runtime API at {address} (AWS_LAMBDA_RUNTIME_API)")]
    Connect {
        /// Where it should be.
        address: String,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// The connection broke, more than once.
    #[error("lost the connection to the Runtime API at {address}")]
    Lost {
        /// Where it is.
        address: String,
        /// What was seen.
        #[source]
        error: io::Error,
    },
    /// The connection broke in the middle of a streamed answer, which cannot be sent again.
    #[error(
        "lost the connection to the Runtime API at {address} while an answer was streamed: {error}"
    )]
    Interrupted {
        /// Where it is.
        address: String,
        /// What was seen.
        error: io::Error,
    },
    /// It answered with an error.
    #[error("the Runtime API answered {method} {path} with {status}: {message}")]
    Refused {
        /// What was asked: the method.
        method: &'static str,
        /// And the path.
        path: String,
        /// The status.
        status: u16,
        /// The document, or its beginning.
        message: String,
    },
    /// What it sent is not HTTP/1.
    #[error("the Runtime API does not speak HTTP/1.1: {0}")]
    NotHttp(String),
    /// A header that every invocation has is not there.
    #[error("the Runtime API sent no usable {header}")]
    Missing {
        /// Its name.
        header: &'static str,
    },
    /// What it sent is too large.
    #[error("the Runtime API sent {what} of more than {limit} bytes")]
    TooLarge {
        /// Head, or body.
        what: &'static str,
        /// The limit, in bytes.
        limit: usize,
    },
}

impl ClientError {
    /// Whether the runtime has to end: all but an answer that was not taken (`400`, `403`, `410`,
    /// `413`) or broke off, which concerns its invocation only.
    pub fn is_fatal(&self) -> bool {
        !matches!(
            self,
            Self::Interrupted { .. }
                | Self::Refused {
                    method: "POST",
                    status: 400..500,
                    ..
                }
        )
    }
}
