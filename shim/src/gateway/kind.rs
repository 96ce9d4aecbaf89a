//! Whose event it is.

use super::NotHttp;
use super::event::{Event, Http, RequestContext, text};

/// The form of an HTTP event, and of the answer that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Payload format 1.0: REST APIs, and HTTP APIs that ask for it.
    V1,
    /// Payload format 2.0: HTTP APIs and function URLs.
    V2,
    /// An Application Load Balancer.
    Alb {
        /// Its target group has multi-value headers switched on
        /// (`lambda.multi_value_headers.enabled`).
        multi_value: bool,
    },
}

/// Whose event it is, with its `requestContext`.
pub(super) fn of<'a>(event: &Event<'a>) -> Result<(Form, RequestContext<'a>), NotHttp> {
    // What is no object says nothing.
    let context = event.request_context.map(|context| context.get());
    let context = context.and_then(|json| serde_json::from_str(json).ok());
    let context: RequestContext<'a> = context.unwrap_or_default();
    // Both may look like a request, and a response to one would be misunderstood.
    if event.method_arn.is_some() || event.route_arn.is_some() {
        return Err(NotHttp::Authorizer);
    }
    if context.connection_id.is_some() {
        return Err(NotHttp::WebSocket);
    }
    let form = if context.elb.is_some() {
        let multi_value = event.multi_value_headers.is_some();
        Form::Alb { multi_value }
    } else if context.http.is_some() {
        Form::V2
    } else if event.http_method.is_some() && event.path.is_some() {
        Form::V1
    } else {
        return Err(NotHttp::Unknown {
            found: String::new(),
        });
    };
    Ok((form, context))
}

/// The request's method.
pub(super) fn method(
    form: Form,
    event: &Event<'_>,
    context: &RequestContext<'_>,
) -> Result<http::Method, NotHttp> {
    let (member, method) = match form {
        Form::V2 => {
            let http = context.http.map(|http| http.get());
            let http: Http<'_> = http
                .and_then(|json| serde_json::from_str(json).ok())
                .unwrap_or_default();
            ("requestContext.http.method", text(http.method))
        }
        Form::V1 | Form::Alb { .. } => ("httpMethod", text(event.http_method)),
    };
    method
        .and_then(|method| http::Method::from_bytes(method.as_bytes()).ok())
        .ok_or(NotHttp::Member {
            member,
            expected: "the name of an HTTP method, such as \"GET\"",
        })
}
