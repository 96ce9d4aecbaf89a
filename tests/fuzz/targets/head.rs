//! A request's head from any bytes.

use http::{HeaderName, HeaderValue, Method, Request};

/// Lines: the target, then `name: value`. What HTTP would not let through is left out.
pub fn head(data: &[u8]) -> http::request::Parts {
    let mut lines = data.split(|byte| *byte == b'\n');
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    if let Some(uri) = lines.next().and_then(|line| http::Uri::try_from(line).ok()) {
        *request.uri_mut() = uri;
    }
    for line in lines.take(64) {
        let Some(at) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let name = HeaderName::from_bytes(&line[..at]);
        let value = HeaderValue::from_bytes(&line[at + 1..]);
        if let (Ok(name), Ok(value)) = (name, value) {
            request.headers_mut().append(name, value);
        }
    }
    request.into_parts().0
}
