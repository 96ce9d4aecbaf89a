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
    pub(super) fn read(mut head: ResponseHead, event: Bytes) -> Result<Self, ClientError> {
        let id = head.take(wire::REQUEST_ID);
        let id = id.and_then(|id| RequestId::parse(&id));
        let id = id.ok_or(ClientError::Missing {
            header: "Lambda-Runtime-Aws-Request-Id",
        })?;
        let millis = head.take(wire::DEADLINE).and_then(|text| text.parse().ok());
        let deadline = millis
            .and_then(|millis| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis)));
        Ok(Self {
            id,
            deadline,
            invocation_id: head.take(wire::INVOCATION_ID),
            arn: head.take(wire::ARN),
            trace_id: head.take(wire::TRACE_ID),
            client_context: head.take(wire::CLIENT_CONTEXT),
            cognito_identity: head.take(wire::COGNITO_IDENTITY),
            tenant_id: head.take(wire::TENANT_ID),
            event,
        })
    }
}
