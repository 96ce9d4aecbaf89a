//! From what a function answered to what goes over the wire.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body::Body as _;

use super::problem;
use crate::invocation::{Accepts, Body};

/// The answer to an event: 200 and its bytes.
pub(super) fn event(body: Body, accepts: Accepts) -> Response<Body> {
    let content_type = match accepts {
        Accepts::Event {
            json_response: true,
            ..
        } => "application/json",
        _ => "application/octet-stream",
    };
    let mut response = Response::new(body);
    let content_type = HeaderValue::from_static(content_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

/// The answer of a web handler, without what would corrupt the connection: the server frames
/// messages, whatever the handler says.
pub(super) fn web(response: &mut Response<Body>) {
    if response.status().is_informational() {
        *response = problem::bad_response(response.status());
        return;
    }
    response.headers_mut().remove(header::TRANSFER_ENCODING);
}

/// Makes body and `content-length` fit each other, the method and the status.
///
/// HEAD gets no body, but the length that GET would have had (a handler that knows HEAD says it in
/// the header). 204 and 304 have no body. Elsewhere the length is the body's own.
pub(super) fn fit_body(response: &mut Response<Body>, head: bool) {
    let length = response.body().size_hint().exact();
    match response.status() {
        StatusCode::NO_CONTENT => {
            response.headers_mut().remove(header::CONTENT_LENGTH);
            *response.body_mut() = Body::Empty;
        }
        StatusCode::NOT_MODIFIED => *response.body_mut() = Body::Empty,
        _ if head => {
            if let Some(length) = length.filter(|length| *length > 0) {
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_LENGTH, length.into());
            }
            *response.body_mut() = Body::Empty;
        }
        _ => {
            if let Some(length) = length {
                drop_wrong_length(response.headers_mut(), length);
            }
        }
    }
}

/// The server writes the right one.
fn drop_wrong_length(headers: &mut HeaderMap, length: u64) {
    if headers.is_empty() {
        return;
    }
    let mut values = headers.get_all(header::CONTENT_LENGTH).iter();
    let Some(first) = values.next() else {
        return;
    };
    let said = first.to_str().ok().and_then(|said| said.parse().ok());
    if said != Some(length) || values.next().is_some() {
        headers.remove(header::CONTENT_LENGTH);
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn fitted(
        method: Method,
        status: u16,
        said: Option<&str>,
        body: &'static str,
    ) -> (Option<String>, bool) {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        if let Some(said) = said {
            let said = HeaderValue::from_str(said).unwrap();
            response.headers_mut().insert(header::CONTENT_LENGTH, said);
        }
        fit_body(&mut response, method == Method::HEAD);
        let length = response.headers().get(header::CONTENT_LENGTH);
        let length = length.map(|length| length.to_str().unwrap().to_owned());
        (length, matches!(response.body(), Body::Empty))
    }

    #[test]
    fn length_and_body_fit_method_and_status() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(fitted(Method::GET, 200, None, "abc"), (None, false));
        assert_eq!(
            fitted(Method::GET, 200, Some("3"), "abc"),
            (some("3"), false)
        );
        assert_eq!(fitted(Method::GET, 200, Some("9"), "abc"), (None, false));
        assert_eq!(fitted(Method::GET, 200, Some("9"), ""), (None, true));
        assert_eq!(fitted(Method::HEAD, 200, None, "abc"), (some("3"), true));
        assert_eq!(
            fitted(Method::HEAD, 200, Some("9"), "abc"),
            (some("3"), true)
        );
        assert_eq!(fitted(Method::HEAD, 200, Some("9"), ""), (some("9"), true));
        assert_eq!(fitted(Method::GET, 204, Some("3"), "abc"), (None, true));
        assert_eq!(fitted(Method::GET, 304, Some("9"), ""), (some("9"), true));
    }
}
