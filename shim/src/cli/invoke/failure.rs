//! Calls that nobody answered, and calls that were refused.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use serde_json::Value;

use super::frames::FrameError;
use crate::auth::SignError;
use crate::exit::{self, CommandFailed};

/// Why there is no answer of the function.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// There is no connection.
    #[error("cannot connect to {url}: {error}")]
    Connect { url: String, error: io::Error },
    /// The connection ended in the middle.
    #[error("the connection to {url} broke off: {why}")]
    Broken { url: String, why: String },
    /// There was no answer in time.
    #[error("no answer within {0:?}")]
    TooLate(Duration),
    /// The request cannot be signed.
    #[error(transparent)]
    Unsigned(#[from] SignError),
    /// The API said no.
    #[error("the call was refused: {name} ({status}): {message}")]
    Refused {
        status: u16,
        name: String,
        message: String,
        /// When to try again, in seconds.
        retry_after: Option<String>,
    },
    /// Whoever answers is not the API.
    #[error("{url} answers with status {status}, but not as the Lambda Invoke API does")]
    Stranger { url: String, status: u16 },
    /// The response is longer than any of Lambda's.
    #[error("the response is longer than {0} bytes")]
    TooLong(usize),
    /// The frames of a streamed response cannot be read.
    #[error("the streamed response cannot be read: {0}")]
    Frames(#[from] FrameError),
}

impl Failure {
    /// Reads an answer that is no success.
    pub(super) fn refused(url: &str, head: &Parts, body: &Bytes) -> Self {
        let status = head.status.as_u16();
        let text = |name: &str| {
            let value = head.headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let member = |names: [&str; 2]| {
            let found = names.iter().find_map(|name| document.get(name)?.as_str());
            found.map(str::to_owned)
        };
        let name = text("x-amzn-errortype").or_else(|| member(["__type", "code"]));
        let Some(name) = name else {
            let url = url.to_owned();
            return Self::Stranger { url, status };
        };
        // Some services add where the name is explained.
        let name = name.split(':').next().unwrap_or_default().to_owned();
        let message = member(["message", "Message"]);
        Self::Refused {
            status,
            name,
            message: message.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned()),
            retry_after: text("retry-after"),
        }
    }

    /// A short name, to count them by.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Connect { .. } => "cannot connect",
            Self::Broken { .. } => "broken connection",
            Self::TooLate(_) => "no answer in time",
            Self::Unsigned(_) => "not signed",
            Self::Refused { name, .. } => name,
            Self::Stranger { .. } => "not the Invoke API",
            Self::TooLong(_) => "response too long",
            Self::Frames(_) => "damaged stream",
        }
    }

    fn code(&self) -> u8 {
        match self {
            Self::Connect { .. } | Self::Broken { .. } | Self::Stranger { .. } => exit::UNAVAILABLE,
            Self::TooLate(_) => exit::TRY_AGAIN,
            Self::Unsigned(_) | Self::TooLong(_) | Self::Frames(_) => exit::DATA,
            Self::Refused { status, .. } => match status {
                401 | 403 => exit::NOT_ALLOWED,
                404 => exit::UNAVAILABLE,
                429 => exit::TRY_AGAIN,
                500.. => exit::UNAVAILABLE,
                _ => exit::DATA,
            },
        }
    }

    fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Connect { url, error } => return Some(unconnected(url, error)),
            Self::Broken { .. } => {
                "if the server has ended, its last lines say why; an abort in a plugin ends it"
            }
            Self::TooLate(_) => "--timeout waits longer; --type event does not wait",
            Self::Unsigned(_) | Self::TooLong(_) | Self::Frames(_) => return None,
            Self::Stranger { .. } => {
                "is the port a shim's, and is its Invoke API on? \
                 (`--invoke-api false` and PORT switch it off; --base-path belongs into the URL)"
            }
            Self::Refused {
                name, retry_after, ..
            } => return refused(name, retry_after.as_deref()),
        };
        Some(fixed.to_owned())
    }
}

fn unconnected(url: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!(
            "nothing listens there: start it with `shim --plugin FILE.so`, name another \
             --endpoint-url than {url}, or invoke without a server: --plugin FILE.so"
        ),
        io::ErrorKind::TimedOut => "is the address right, and no firewall between?".to_owned(),
        io::ErrorKind::InvalidData if url.starts_with("https:") => {
            "the server's certificate or protocol is not accepted; SSL_CERT_FILE names a file with \
             the certificates that are trusted, and a server without TLS is http://…"
                .to_owned()
        }
        _ => "see --endpoint-url".to_owned(),
    }
}

fn refused(name: &str, retry_after: Option<&str>) -> Option<String> {
    let fixed = match name {
        "ResourceNotFoundException" => {
            "functions are named by `shim --plugin NAME=FILE.so`; the only function there is \
             answers to `function`, too"
        }
        "MissingAuthenticationTokenException" => {
            "signed calls are asked for: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        }
        "UnrecognizedClientException" | "InvalidClientTokenId" => {
            "AWS_ACCESS_KEY_ID is none of the keys that are known there (shim --credentials), or \
             AWS_SESSION_TOKEN does not belong to it"
        }
        "InvalidSignatureException" => {
            "AWS_SECRET_ACCESS_KEY, AWS_REGION or this machine's clock is wrong, or a proxy \
             changes the host or the path"
        }
        "AccessDeniedException" => "these credentials may not invoke this function",
        "ExpiredTokenException" => "AWS_SESSION_TOKEN has expired: get a new one",
        "TooManyRequestsException" => {
            let when = retry_after.map(|seconds| format!(" in {seconds} s"));
            return Some(format!(
                "try again{}; all places of the function (--concurrency) and of its queue \
                 (--queue) are taken",
                when.unwrap_or_default()
            ));
        }
        "InvalidRequestContentException" => {
            "an event is JSON: --data '{\"key\":\"value\"}', and a text is --data '\"text\"'"
        }
        "ServiceUnavailableException" => "the server stops; try again",
        _ => return None,
    };
    Some(fixed.to_owned())
}

impl From<Failure> for CommandFailed {
    fn from(failure: Failure) -> Self {
        Self {
            message: failure.to_string(),
            hint: failure.hint(),
            code: failure.code(),
        }
    }
}
