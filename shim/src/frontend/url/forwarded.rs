//! The headers of a request as its event has them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use http::request::Parts;
use http::{HeaderName, HeaderValue, header};

use super::Endpoint;

/// Headers by lower-case name; values of a repeated one are joined with `,`.
pub(super) type Headers<'a> = BTreeMap<&'a str, Cow<'a, str>>;

/// What belongs to the connection on which the request came, not to the request.
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The headers of the event: the request's own without cookies and hop-by-hop headers, and what a
/// function URL adds.
///
/// - `host` is the authority of an HTTP/2 request;
/// - `x-forwarded-for` ends with `source_ip`;
/// - `x-forwarded-port` and `-proto` are the endpoint's, unless the request has them (then a proxy
///   stands in front and knows better);
/// - `x-amzn-trace-id` is `trace_id`.
pub(super) fn headers<'a>(
    request: &'a Parts,
    endpoint: &Endpoint,
    source_ip: Option<IpAddr>,
    trace_id: &'a str,
) -> Headers<'a> {
    let mut headers = Headers::new();
    for name in request.headers.keys() {
        if name != header::COOKIE && !HOP_BY_HOP.contains(name) {
            headers.insert(name.as_str(), joined(request, name));
        }
    }
    if let Some(authority) = request.uri.authority() {
        let host = || without_user(authority.as_str()).into();
        headers.entry("host").or_insert_with(host);
    }
    if let Some(ip) = source_ip {
        let chain = headers.entry("x-forwarded-for").or_default();
        if chain.is_empty() {
            *chain = ip.to_string().into();
        } else {
            *chain = format!("{chain}, {ip}").into();
        }
    }
    headers
        .entry("x-forwarded-port")
        .or_insert_with(|| endpoint.port.to_string().into());
    headers
        .entry("x-forwarded-proto")
        .or_insert_with(|| endpoint.scheme().into());
    headers.insert("x-amzn-trace-id", trace_id.into());
    headers
}

/// The cookies of all `cookie` headers, in order.
pub(super) fn cookies(request: &Parts) -> Vec<String> {
    let mut cookies = Vec::new();
    for value in request.headers.get_all(header::COOKIE) {
        let value = text(value);
        let pairs = value.split("; ").filter(|pair| !pair.is_empty());
        cookies.extend(pairs.map(str::to_owned));
    }
    cookies
}

fn joined<'a>(request: &'a Parts, name: &HeaderName) -> Cow<'a, str> {
    let mut values = request.headers.get_all(name).iter();
    let mut all = values.next().map(text).unwrap_or_default();
    for value in values {
        let all = all.to_mut();
        all.push(',');
        all.push_str(&text(value));
    }
    all
}

/// UTF-8, or else Latin-1, in which every byte is a character.
pub(super) fn text(value: &HeaderValue) -> Cow<'_, str> {
    match str::from_utf8(value.as_bytes()) {
        Ok(text) => text.into(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    }
}

fn without_user(authority: &str) -> &str {
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
}
