//! An event as one line of a spool file.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::super::event::{Accepted, Entry, Target};
use super::super::json::verbatim;
use super::super::record::timestamp;
use crate::invocation::RequestId;

/// The format of lines. Others are damaged.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    v: u32,
    request_id: Cow<'a, str>,
    function: Cow<'a, str>,
    qualifier: Option<Cow<'a, str>>,
    arn: Cow<'a, str>,
    version: Cow<'a, str>,
    arrived: String,
    due: String,
    attempts: u32,
    put_back: u32,
    hops: u32,
    trace_id: Option<Cow<'a, str>>,
    tenant_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    last_error: Option<&'a RawValue>,
    /// The event, if it is JSON that can stand in a line. Either this or the next.
    #[serde(
        borrow,
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    payload: Option<&'a RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload_base64: Option<String>,
}

/// A value that is there: `null` is one too.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(from: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

/// The line of an event that is due `delay` after `now`, without its newline.
pub(super) fn write(
    entry: &Entry,
    delay: Duration,
    now: SystemTime,
) -> serde_json::Result<Vec<u8>> {
    let event = &*entry.event;
    let payload = verbatim(&event.payload);
    let due = now.checked_add(delay).unwrap_or(now);
    serde_json::to_vec(&Line {
        v: VERSION,
        request_id: event.id.as_str().into(),
        function: (&event.target.name).into(),
        qualifier: event.target.qualifier.as_ref().map(Into::into),
        arn: (&event.target.arn).into(),
        version: (&event.target.version).into(),
        arrived: timestamp(event.arrived).to_string(),
        due: timestamp(due).to_string(),
        attempts: entry.attempts,
        put_back: entry.put_back,
        hops: event.hops,
        trace_id: event.trace_id.as_ref().map(Into::into),
        tenant_id: event.tenant_id.as_ref().map(Into::into),
        last_error: entry.last_error.as_deref().and_then(verbatim),
        payload,
        payload_base64: payload.is_none().then(|| STANDARD.encode(&event.payload)),
    })
}

/// The event of a line, and how long after `now` it is due; `None` if the line is damaged.
pub(super) fn parse(line: &[u8], now: SystemTime) -> Option<(Entry, Duration)> {
    let line: Line<'_> = serde_json::from_slice(line).ok()?;
    if line.v != VERSION {
        return None;
    }
    let payload = match (line.payload, line.payload_base64) {
        (Some(json), None) => Bytes::copy_from_slice(json.get().as_bytes()),
        (None, Some(text)) => STANDARD.decode(text).ok()?.into(),
        _ => return None,
    };
    let event = Accepted {
        id: RequestId::parse(&line.request_id)?,
        target: Target {
            name: line.function.into_owned(),
            qualifier: line.qualifier.map(Cow::into_owned),
            arn: line.arn.into_owned(),
            version: line.version.into_owned(),
        },
        payload,
        trace_id: line.trace_id.map(Cow::into_owned),
        tenant_id: line.tenant_id.map(Cow::into_owned),
        arrived: time(&line.arrived)?,
        hops: line.hops,
    };
    let entry = Entry {
        attempts: line.attempts,
        put_back: line.put_back,
        last_error: line
            .last_error
            .map(|error| Bytes::copy_from_slice(error.get().as_bytes())),
        ..Entry::new(event)
    };
    let delay = time(&line.due)?.duration_since(now).unwrap_or_default();
    Some((entry, delay))
}

fn time(text: &str) -> Option<SystemTime> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(time.into())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::super::super::event::Entry;
    use super::super::super::testing::event;
    use super::{parse, write};

    fn round_trip(payload: &'static [u8]) -> (Vec<u8>, Entry, Entry) {
        let mut event = event("orders", payload);
        event.trace_id = Some("Root=1-\"x\"".to_owned());
        event.tenant_id = Some("blue".to_owned());
        event.hops = 3;
        event.target.qualifier = Some("PROD".to_owned());
        let entry = Entry {
            attempts: 2,
            put_back: 1,
            last_error: Some(r#"{"errorType":"E"}"#.into()),
            ..Entry::new(event)
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_176_000);
        let line = write(&entry, Duration::from_secs(90), now).unwrap();
        let later = now + Duration::from_secs(30);
        let (read, delay) = parse(&line, later).unwrap();
        assert_eq!(delay, Duration::from_secs(60), "time goes on meanwhile");
        (line, entry, read)
    }

    #[test]
    fn an_event_comes_back_as_it_was() {
        let payloads: [&[u8]; 6] = [br#"{"a": 1.0}"#, b"null", b"{\n}", b"", b"\xff\n", b"text"];
        for payload in payloads {
            let (line, written, read) = round_trip(payload);
            assert!(!line.contains(&b'\n'));
            assert_eq!(read.event, written.event);
            assert_eq!(read.attempts, 2);
            assert_eq!(read.put_back, 1);
            assert_eq!(read.last_error, written.last_error);
        }
    }

    #[test]
    fn json_stands_in_the_line_as_it_is() {
        let (line, ..) = round_trip(br#"{"a": 1.0}"#);
        let line = String::from_utf8(line).unwrap();
        assert!(line.ends_with(r#","payload":{"a": 1.0}}"#), "{line}");
    }

    #[test]
    fn another_version_is_damaged() {
        let (line, ..) = round_trip(b"1");
        let line = String::from_utf8(line).unwrap();
        let now = SystemTime::now();
        assert!(parse(line.as_bytes(), now).is_some());
        assert!(parse(line.replace(r#""v":1"#, r#""v":2"#).as_bytes(), now).is_none());
        assert!(parse(&line.as_bytes()[..line.len() - 1], now).is_none());
    }
}
