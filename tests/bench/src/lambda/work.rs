//! What functions are asked to do.

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::invoke::document;

/// One kind of event, and what has to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// A small document for a small document.
    Hello,
    /// A document of 1 KiB, read and written by serde.
    #[value(name = "json-1k")]
    Json1k,
    /// A text of 1 MiB that comes back as it is.
    #[value(name = "echo-1m")]
    Echo1m,
    /// A document of 5 MiB, read by serde, and a small answer.
    #[value(name = "event-5m")]
    Event5m,
    /// A request to a function's URL (payload format 2.0), and its response.
    Url,
}

const MIB: usize = 1024 * 1024;

impl Work {
    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Json1k => "JSON 1 KiB",
            Self::Echo1m => "echo 1 MiB",
            Self::Event5m => "event 5 MiB",
            Self::Url => "URL event",
        }
    }

    /// The handler that does it, in everybody's words.
    pub(crate) fn handler(self) -> &'static str {
        match self {
            Self::Hello => "hello_event",
            Self::Json1k => "order",
            Self::Echo1m => "echo_raw",
            Self::Event5m => "upload",
            Self::Url => "hello",
        }
    }

    /// The event's bytes.
    pub(crate) fn event(self) -> Vec<u8> {
        match self {
            Self::Hello => r#"{"name":"World"}"#.into(),
            Self::Json1k => document().into(),
            Self::Echo1m => format!(r#""{}""#, "x".repeat(MIB - 2)).into(),
            Self::Event5m => {
                let start = r#"{"name":"a.txt","data":""#;
                let data = "x".repeat(5 * MIB - start.len() - 2);
                format!(r#"{start}{data}"}}"#).into()
            }
            Self::Url => url_event().to_string().into(),
        }
    }

    /// Refuses an answer that is not the one expected.
    pub(crate) fn check(self, answer: &[u8]) -> anyhow::Result<()> {
        let start = String::from_utf8_lossy(&answer[..answer.len().min(200)]);
        let wrong = || format!("a wrong answer to {}: {start}", self.name());
        let answer: Value = serde_json::from_slice(answer).with_context(wrong)?;
        let right = match self {
            Self::Hello => answer == json!({"message": "Hello, World!"}),
            Self::Json1k | Self::Echo1m => {
                answer == serde_json::from_slice::<Value>(&self.event())?
            }
            Self::Event5m => {
                let bytes = 5 * MIB - r#"{"name":"a.txt","data":""}"#.len();
                answer == json!({"name": "a.txt", "bytes": bytes})
            }
            Self::Url => {
                // "Hello, World!", or the same in base64.
                let body =
                    answer["body"] == "Hello, World!" || answer["body"] == "SGVsbG8sIFdvcmxkIQ==";
                answer["statusCode"] == 200 && body
            }
        };
        ensure!(right, wrong());
        Ok(())
    }
}

/// A GET by a browser, as a function's URL passes it on.
fn url_event() -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/items/coffee",
        "rawQueryString": "page=2&sort=price",
        "cookies": ["session=4711", "theme=dark"],
        "headers": {
            "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "accept-encoding": "gzip, deflate, br",
            "accept-language": "en-GB,en;q=0.5",
            "host": "abcdefghijklmnop.lambda-url.eu-central-1.on.aws",
            "sec-fetch-dest": "document",
            "sec-fetch-mode": "navigate",
            "sec-fetch-site": "none",
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "x-amzn-trace-id": "Root=1-6740e0a5-3b1b1c2d4e5f60718293a4b5",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https"
        },
        "queryStringParameters": {"page": "2", "sort": "price"},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abcdefghijklmnop",
            "domainName": "abcdefghijklmnop.lambda-url.eu-central-1.on.aws",
            "domainPrefix": "abcdefghijklmnop",
            "http": {
                "method": "GET",
                "path": "/items/coffee",
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
            },
            "requestId": "6f1d9a7e-55a1-4d0c-9b5e-2d6f3c8e7a10",
            "routeKey": "$default",
            "stage": "$default",
            "time": "21/Nov/2026:08:00:00 +0000",
            "timeEpoch": 1_795_248_000_000_u64
        },
        "isBase64Encoded": false
    })
}

#[cfg(test)]
mod tests {
    use super::{MIB, Work};

    #[test]
    fn events_have_their_length_and_echoes_are_right_answers() {
        for (work, length) in [
            (Work::Json1k, 1024),
            (Work::Echo1m, MIB),
            (Work::Event5m, 5 * MIB),
        ] {
            assert_eq!(work.event().len(), length);
        }
        assert!(Work::Json1k.check(&Work::Json1k.event()).is_ok());
        assert!(Work::Hello.check(&Work::Hello.event()).is_err());
    }
}
