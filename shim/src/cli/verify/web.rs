//! Events of gateways as HTTP requests, and responses in the form in which they can be compared.

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, HeaderName, Method, Request, header};
use http_body_util::Full;
use serde_json::Value;

use crate::gateway::{self, Form};
use crate::invocation::Body;

/// Headers that HTTP itself sets, or may set, on the way: they are not the handler's alone.
const OF_THE_WAY: [&str; 6] = [
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "transfer-encoding",
    "x-request-id",
];

/// Headers of requests that concern a connection, which is another one here.
const OF_A_CONNECTION: [HeaderName; 7] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A request that a gateway has made an event of.
pub(super) struct WebRequest {
    head: Request<()>,
    body: Bytes,
    pub(super) answers: Answers,
}

/// How responses to it are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answers {
    form: Form,
    /// Responses to HEAD have no body over HTTP.
    without_body: bool,
}

impl WebRequest {
    /// The request that an event stands for, if it does.
    pub(super) fn of(event: &Bytes, ignore_stage: bool) -> Option<Self> {
        let event = gateway::request(event, ignore_stage).ok()?;
        let (head, body) = event.request.into_parts();
        let body = match body {
            Body::Full(bytes) => bytes,
            // What was in an event is whole.
            Body::Empty | Body::Stream(_) => Bytes::new(),
        };
        let without_body = head.method == Method::HEAD;
        Some(Self {
            head: Request::from_parts(head, ()),
            body,
            answers: Answers {
                form: event.form,
                without_body,
            },
        })
    }

    /// To send it.
    pub(super) fn request(&self) -> Request<Full<Bytes>> {
        let mut request = self.head.clone().map(|()| Full::new(self.body.clone()));
        let headers: &mut HeaderMap = request.headers_mut();
        for name in OF_A_CONNECTION {
            headers.remove(name);
        }
        request
    }
}

impl Answers {
    /// A response over HTTP, in the form of the event.
    pub(super) fn over_http(self, head: &Parts, body: &[u8]) -> Value {
        let json = gateway::response(self.form, head, body);
        self.comparable(serde_json::from_slice(&json).unwrap_or_default())
    }

    /// An answer in the form of the event, without what only one of the ways has. A body that is
    /// JSON stands as such, so that what varies in it is known more closely.
    pub(super) fn comparable(self, mut answer: Value) -> Value {
        let Some(members) = answer.as_object_mut() else {
            return answer;
        };
        for headers in ["headers", "multiValueHeaders"] {
            if let Some(Value::Object(headers)) = members.get_mut(headers) {
                headers.retain(|name, _| !OF_THE_WAY.contains(&name.as_str()));
            }
        }
        if self.without_body {
            members.remove("body");
            members.remove("isBase64Encoded");
        }
        if let Some(body) = members.get_mut("body")
            && let Some(json @ (Value::Object(_) | Value::Array(_))) = body
                .as_str()
                .and_then(|text| serde_json::from_str(text).ok())
        {
            *body = json;
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use http::Response;
    use serde_json::json;

    use super::WebRequest;

    fn head_request() -> WebRequest {
        let event = json!({
            "version": "2.0",
            "rawPath": "/a",
            "rawQueryString": "b=1",
            "headers": {"host": "example.com", "connection": "close", "x-y": "z"},
            "requestContext": {"http": {"method": "HEAD"}},
        });
        WebRequest::of(&event.to_string().into(), false).unwrap()
    }

    #[test]
    fn a_request_loses_what_concerns_its_connection() {
        let request = head_request().request();
        assert_eq!(request.uri(), "/a?b=1");
        assert_eq!(request.headers()["host"], "example.com");
        assert!(!request.headers().contains_key("connection"));
        assert!(WebRequest::of(&"{}".into(), false).is_none());
    }

    #[test]
    fn responses_are_compared_without_what_the_way_adds() {
        let mut answers = head_request().answers;
        let response = Response::builder()
            .header("date", "now")
            .header("content-length", "7")
            .header("content-type", "application/json")
            .body(())
            .unwrap();
        let (head, ()) = response.into_parts();
        let expected = json!({"statusCode": 200, "headers": {"content-type": "application/json"}});
        assert_eq!(answers.over_http(&head, b""), expected);
        answers.without_body = false;
        let answer = answers.over_http(&head, br#"{"a":1}"#);
        assert_eq!(answer["body"], json!({"a": 1}));
    }
}
