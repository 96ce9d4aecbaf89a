//! What the API hands out.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::error::ClientError;
use super::head::ResponseHead;
use crate::invocation::RequestId;
use crate::runtime_api::wire;

/// An invocation, as the Runtime API hands it out.
#[derive(Debug)]
pub struct Next {
    /// Its request id.
    pub id: RequestId,
    /// What tells this delivery from another one of the same request.
    pub invocation_id: Option<String>,
    /// When it has to be done.
    pub deadline: Option<SystemTime>,
    /// The ARN that was invoked.
    pub arn: Option<String>,
    /// The trace header.
    pub trace_id: Option<String>,
    /// The client context: JSON text.
    pub client_context: Option<String>,
    /// The Cognito identity: JSON text.
    pub cognito_identity: Option<String>,
    /// The tenant.
    pub tenant_id: Option<String>,
    /// The event.
    pub event: Bytes,
}

impl Next {
    pub(super) fn read(head: ResponseHead, event: Bytes) -> Result<Self, ClientError> {
        let id = head.get(wire::REQUEST_ID).and_then(RequestId::parse);
        let id = id.ok_or(ClientError::Missing {
            header: "Lambda-Runtime-Aws-Request-Id",
        })?;
        // Some hosts send what is not there as an empty value.
        let text = |name| {
            head.get(name)
                .filter(|value| !value.is_empty())
                .map(str::to_owned)
        };
        let millis = head
            .get(wire::DEADLINE)
            .and_then(|value| value.parse().ok());
        Ok(Self {
            id,
            invocation_id: text(wire::INVOCATION_ID),
            deadline: millis.and_then(|millis| {
                SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis))
            }),
            arn: text(wire::ARN),
            trace_id: text(wire::TRACE_ID),
            client_context: text(wire::CLIENT_CONTEXT),
            cognito_identity: text(wire::COGNITO_IDENTITY),
            tenant_id: text(wire::TENANT_ID),
            event,
        })
    }
}
