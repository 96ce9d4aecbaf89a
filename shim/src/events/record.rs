//! What destinations are told: one JSON document for each event, with AWS Lambda's names.

use std::time::SystemTime;

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use super::event::Entry;
use super::json;

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Condition {
    /// It was run with success.
    Success,
    /// The last of its runs failed.
    RetriesExhausted,
    /// It was too old, or would have been by the next attempt.
    EventAgeExceeded,
    /// Its function has no concurrency at all.
    ZeroReservedConcurrency,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    version: &'a str,
    timestamp: String,
    request_context: RequestContext<'a>,
    request_payload: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_context: Option<ResponseContext<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_payload: Option<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    request_id: &'a str,
    function_arn: String,
    condition: Condition,
    approximate_invoke_count: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseContext<'a> {
    status_code: u16,
    executed_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_error: Option<&'a str>,
}

/// The record of an event that was run with success and answered `response`.
pub(super) fn success(entry: &Entry, response: &[u8], at: SystemTime) -> Bytes {
    write(entry, Condition::Success, Some(response), at)
}

/// The record of an event that was given up; what its last run failed with is in it.
pub(super) fn failure(entry: &Entry, condition: Condition, at: SystemTime) -> Bytes {
    write(entry, condition, entry.last_error.as_deref(), at)
}

fn write(entry: &Entry, condition: Condition, response: Option<&[u8]>, at: SystemTime) -> Bytes {
    let event = &entry.event;
    let ran_well = condition == Condition::Success;
    let record = Record {
        version: "1.0",
        timestamp: format!("{:.3}", timestamp(at)),
        request_context: RequestContext {
            request_id: &event.id,
            function_arn: event.target.qualified_arn(),
            condition,
            approximate_invoke_count: entry.attempts.saturating_add(ran_well.into()),
        },
        request_payload: json::embed(&event.payload),
        response_context: response.is_some().then(|| ResponseContext {
            status_code: 200,
            executed_version: &event.target.version,
            function_error: (!ran_well).then_some("Unhandled"),
        }),
        response_payload: response.map(json::embed),
    };
    // Strings, numbers and checked JSON always serialise.
    serde_json::to_vec(&record).unwrap_or_default().into()
}

/// `time`; the epoch for one that no calendar has.
pub(super) fn timestamp(time: SystemTime) -> jiff::Timestamp {
    jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::super::event::{Accepted, Entry};
    use super::super::testing::target;
    use super::{Condition, failure, success};
    use crate::invocation::RequestId;

    fn at() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_176_000_000)
    }

    fn entry(attempts: u32, last_error: Option<&'static str>) -> Entry {
        let mut event = Accepted::new(target("orders"), "{\n  \"order\": 1.0\n}");
        event.id = RequestId::parse("11111111-2222-4333-8444-555555555555").unwrap();
        Entry {
            attempts,
            last_error: last_error.map(Into::into),
            ..Entry::new(event)
        }
    }

    #[test]
    fn a_success_has_the_response_and_no_error() {
        let record = success(&entry(1, Some("{}")), br#"{"ok":true}"#, at());
        assert_eq!(
            std::str::from_utf8(&record).unwrap(),
            r#"{"version":"1.0","timestamp":"2026-11-20T12:00:00.000Z","requestContext":{"requestId":"11111111-2222-4333-8444-555555555555","functionArn":"arn:aws:lambda:us-east-1:123456789012:function:orders:$LATEST","condition":"Success","approximateInvokeCount":2},"requestPayload":{"order":1.0},"responseContext":{"statusCode":200,"executedVersion":"$LATEST"},"responsePayload":{"ok":true}}"#
        );
    }

    #[test]
    fn exhausted_retries_have_the_last_error() {
        let error = r#"{"errorType":"NotFound","errorMessage":"no such order"}"#;
        let record = failure(
            &entry(3, Some(error)),
            Condition::RetriesExhausted,
            at() + Duration::from_millis(7),
        );
        assert_eq!(
            std::str::from_utf8(&record).unwrap(),
            r#"{"version":"1.0","timestamp":"2026-11-20T12:00:00.007Z","requestContext":{"requestId":"11111111-2222-4333-8444-555555555555","functionArn":"arn:aws:lambda:us-east-1:123456789012:function:orders:$LATEST","condition":"RetriesExhausted","approximateInvokeCount":3},"requestPayload":{"order":1.0},"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"responsePayload":{"errorType":"NotFound","errorMessage":"no such order"}}"#
        );
    }

    #[test]
    fn what_never_ran_has_no_response() {
        let expected = |condition| {
            let head = r#"{"version":"1.0","timestamp":"2026-11-20T12:00:00.000Z","requestContext":{"requestId":"11111111-2222-4333-8444-555555555555","functionArn":"arn:aws:lambda:us-east-1:123456789012:function:orders:$LATEST","condition":""#;
            format!(
                r#"{head}{condition:?}","approximateInvokeCount":0}},"requestPayload":{{"order":1.0}}}}"#
            )
        };
        for condition in [
            Condition::EventAgeExceeded,
            Condition::ZeroReservedConcurrency,
        ] {
            let record = failure(&entry(0, None), condition, at());
            assert_eq!(std::str::from_utf8(&record).unwrap(), expected(condition));
        }
    }

    #[test]
    fn an_aged_one_that_ran_has_its_error() {
        let record = failure(&entry(1, Some("{}")), Condition::EventAgeExceeded, at());
        assert_eq!(
            std::str::from_utf8(&record).unwrap(),
            r#"{"version":"1.0","timestamp":"2026-11-20T12:00:00.000Z","requestContext":{"requestId":"11111111-2222-4333-8444-555555555555","functionArn":"arn:aws:lambda:us-east-1:123456789012:function:orders:$LATEST","condition":"EventAgeExceeded","approximateInvokeCount":1},"requestPayload":{"order":1.0},"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"responsePayload":{}}"#
        );
    }

    #[test]
    fn an_alias_stays_in_the_arn() {
        let mut event = Accepted::new(target("orders"), "1");
        event.target.qualifier = Some("PROD".to_owned());
        event.target.arn += ":PROD";
        event.target.version = "7".to_owned();
        let record = success(&Entry::new(event), b"", at());
        let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
        let arn = &record["requestContext"]["functionArn"];
        assert_eq!(
            arn,
            "arn:aws:lambda:us-east-1:123456789012:function:orders:PROD"
        );
        assert_eq!(record["responseContext"]["executedVersion"], "7");
        assert_eq!(record["responsePayload"], serde_json::Value::Null);
    }
}
