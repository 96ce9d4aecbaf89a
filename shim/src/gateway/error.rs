//! Events that stand for no HTTP request.

use std::fmt::Write as _;
use std::str::Utf8Error;

use serde::de::IgnoredAny;

use crate::invocation::{ErrorKind, FunctionError};

/// Why an event is no HTTP request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotHttp {
    /// It is no JSON, or has a member twice.
    #[error("the event is not JSON: {reason}")]
    NotJson {
        /// What the parser says, with line and column.
        reason: String,
    },
    /// None of the members that an HTTP event has is there.
    #[error(
        "looked for `requestContext.http` (HTTP API, function URL), `requestContext.elb` \
         (load balancer) or `httpMethod` with `path` (REST API), found {found}"
    )]
    Unknown {
        /// The members that are there.
        found: String,
    },
    /// It asks whether a request may pass; the answer is a policy.
    #[error(
        "found `methodArn` or `routeArn`: it is the question to a Lambda authorizer, whose answer \
         is a policy"
    )]
    Authorizer,
    /// It is of a WebSocket API.
    #[error(
        "found `requestContext.connectionId`: it is of a WebSocket API, whose messages have no \
         method and no path"
    )]
    WebSocket,
    /// A member is not what it must be.
    #[error("`{member}` is not {expected}")]
    Member {
        /// Where it stands.
        member: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// More headers than a request can carry (some 24,000 names).
    #[error("there are too many headers")]
    TooManyHeaders,
}

/// How many members are named at most, and how long a name may be, in characters.
const SHOWN: (usize, usize) = (10, 40);

impl NotHttp {
    pub(super) fn not_utf8(error: Utf8Error) -> Self {
        Self::NotJson {
            reason: error.to_string(),
        }
    }

    pub(super) fn not_json(error: serde_json::Error) -> Self {
        Self::NotJson {
            reason: error.to_string(),
        }
    }

    /// `event` is other JSON, or none.
    pub(super) fn no_object(event: &str) -> Self {
        match serde_json::from_str::<IgnoredAny>(event) {
            Ok(_) => Self::Unknown {
                found: members(event),
            },
            Err(error) => Self::not_json(error),
        }
    }

    /// Names what is there instead.
    pub(super) fn with_found(self, event: &str) -> Self {
        match self {
            Self::Unknown { .. } => Self::Unknown {
                found: members(event),
            },
            other => other,
        }
    }
}

/// The names on the first level, for people.
fn members(event: &str) -> String {
    use serde::de::{Deserializer as _, MapAccess, Visitor};
    struct Names(String);
    impl<'de> Visitor<'de> for Names {
        type Value = String;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<String, A::Error> {
            let mut count = 0_usize;
            while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
                if count < SHOWN.0 {
                    let name: String = name.chars().take(SHOWN.1).collect();
                    let comma = if count == 0 { "" } else { ", " };
                    let _ = write!(self.0, "{comma}`{name}`");
                }
                count += 1;
            }
            if count > SHOWN.0 {
                let _ = write!(self.0, " and {} more", count - SHOWN.0);
            }
            Ok(self.0)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(event);
    match deserializer.deserialize_map(Names(String::new())) {
        Ok(names) if names.is_empty() => "an empty object".to_owned(),
        Ok(names) => format!("only {names}"),
        Err(_) => "no object".to_owned(),
    }
}

impl From<NotHttp> for FunctionError {
    fn from(error: NotHttp) -> Self {
        let message = format!(
            "the function's handler takes HTTP requests, and the event is none that it can be \
             invoked with: {error}. Send an event of API Gateway, a function URL or a load \
             balancer (`sam local generate-event apigateway http-api-proxy` prints one), or call \
             the function over plain HTTP"
        );
        Self::new(ErrorKind::BadEvent, "Runtime.NotAnHttpEvent", message)
    }
}
