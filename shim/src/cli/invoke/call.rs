//! A call of the API, as it is sent each time.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clap::ArgMatches;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::event;
use crate::exit::BadData;

/// The longest client context, in bytes of base64: Lambda's limit.
const MAX_CLIENT_CONTEXT: usize = 3583;

/// What is encoded in names: as AWS's own clients do it.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The name of a function that was given none: to which the only one there is answers.
pub(super) const NAME: &str = "function";

/// What is done with the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Answer,
    Stream,
    Event,
    DryRun,
}

/// A call, but for the address and the signature.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) kind: Kind,
    /// The path with its query, below the endpoint's own path.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) event: Bytes,
}

impl Call {
    /// The call of the function `name` that was asked for.
    ///
    /// # Errors
    /// The event, or what stands in a header, cannot be sent.
    pub(super) fn of(matches: &ArgMatches, name: &str) -> Result<Self, BadData> {
        let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
        let kind = match text("type") {
            Some("event") => Kind::Event,
            Some("dry-run") => Kind::DryRun,
            _ if matches.get_flag("stream") => Kind::Stream,
            _ => Kind::Answer,
        };
        let event = event::read(matches)?;
        let mut headers = HeaderMap::new();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        let mut put = |name: &'static str, value: &'static str| {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        };
        match kind {
            Kind::Answer | Kind::Stream => put("x-amz-invocation-type", "RequestResponse"),
            Kind::Event => put("x-amz-invocation-type", "Event"),
            Kind::DryRun => put("x-amz-invocation-type", "DryRun"),
        }
        if matches.get_flag("tail") {
            put("x-amz-log-type", "Tail");
        }
        if let Some(context) = text("client-context") {
            let name = HeaderName::from_static("x-amz-client-context");
            headers.insert(name, client_context(context)?);
        }
        if let Some(tenant) = text("tenant-id") {
            let name = HeaderName::from_static("x-amz-tenant-id");
            let value = HeaderValue::from_str(tenant).map_err(|_| {
                let hint = "a tenant's id is up to 256 letters, digits, spaces and ._:/=+-@";
                BadData::new("--tenant-id cannot stand in a header", hint)
            })?;
            headers.insert(name, value);
        }
        Ok(Self {
            kind,
            path: path(kind, name, text("qualifier")),
            headers,
            event,
        })
    }
}

fn path(kind: Kind, name: &str, qualifier: Option<&str>) -> String {
    let encoded = |text| utf8_percent_encode(text, ENCODED);
    let name = encoded(name);
    let path = match kind {
        Kind::Stream => {
            format!("/2021-11-15/functions/{name}/response-streaming-invocations")
        }
        Kind::Answer | Kind::Event | Kind::DryRun => {
            format!("/2015-03-31/functions/{name}/invocations")
        }
    };
    match qualifier {
        None => path,
        Some(qualifier) => format!("{path}?Qualifier={}", encoded(qualifier)),
    }
}

/// A JSON object in base64.
fn client_context(json: &str) -> Result<HeaderValue, BadData> {
    let hint = r#"it is an object such as {"custom":{"key":"value"}}"#;
    if let Err(error) = serde_json::from_str::<serde_json::Map<_, _>>(json) {
        let message = format!("--client-context is no JSON object: {error}");
        return Err(BadData::new(message, hint));
    }
    let encoded = STANDARD.encode(json);
    if encoded.len() > MAX_CLIENT_CONTEXT {
        let message = format!(
            "--client-context has {} bytes in base64, expected at most {MAX_CLIENT_CONTEXT}",
            encoded.len()
        );
        return Err(BadData::new(message, hint));
    }
    HeaderValue::try_from(encoded).map_err(|error| BadData::new(error.to_string(), hint))
}

#[cfg(test)]
mod tests {
    use super::{Kind, path};

    #[test]
    fn names_are_encoded_as_by_aws_clients() {
        assert_eq!(
            path(Kind::Answer, "f:PROD", None),
            "/2015-03-31/functions/f%3APROD/invocations"
        );
        assert_eq!(
            path(Kind::Stream, "a-b._c", Some("$LATEST")),
            "/2021-11-15/functions/a-b._c/response-streaming-invocations?Qualifier=%24LATEST"
        );
    }
}
