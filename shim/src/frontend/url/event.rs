//! From an HTTP request to an event of payload format 2.0.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::SystemTime;

use bytes::Bytes;
use http::Version;
use http::request::Parts;
use serde::Serialize;

use super::forwarded::{self, Headers};
use super::{Endpoint, PathParameters, endpoint, payload};

/// What an event says of a request beside its head and body.
#[derive(Debug, Clone)]
pub struct Arrival<'a> {
    /// The peer's address; `None` for a peer without one (a Unix socket).
    pub source_ip: Option<IpAddr>,
    /// `requestContext.requestId`.
    pub request_id: &'a str,
    /// The request's own `x-amzn-trace-id`, or a new one.
    pub trace_id: &'a str,
    /// The key of the route that the request took, `$default` where there are none.
    pub route_key: &'a str,
    /// What the variables of the route stand for, decoded.
    pub path_parameters: &'a PathParameters<'a>,
    /// When the request came.
    pub time: SystemTime,
}

/// The event of `request` with the body `body`: JSON.
///
/// Members that would be empty are absent. The event is larger than the body: by a third when the
/// body must be in base64, and each character that JSON escapes takes up to six bytes.
pub fn event(endpoint: &Endpoint, request: &Parts, body: &[u8], arrival: &Arrival<'_>) -> Bytes {
    // An IPv4 peer of a socket for both is an IPv4 address all the same.
    let source_ip = arrival.source_ip.map(|ip| ip.to_canonical());
    let headers = forwarded::headers(request, endpoint, source_ip, arrival.trace_id);
    let host = headers.get("host").map_or("", |host| host);
    let domain_name = endpoint.domain(host);
    let (time, time_epoch) = times(arrival.time);
    let path = request.uri.path();
    let (body, is_base64_encoded) = payload::body(&request.headers, body);
    let event = Event {
        version: "2.0",
        route_key: arrival.route_key,
        raw_path: path,
        raw_query_string: request.uri.query().unwrap_or_default(),
        cookies: forwarded::cookies(request),
        query_string_parameters: query(request.uri.query().unwrap_or_default()),
        request_context: RequestContext {
            account_id: &endpoint.account_id,
            api_id: &endpoint.api_id,
            domain_name,
            domain_prefix: endpoint::prefix(domain_name),
            http: Http {
                method: request.method.as_str(),
                path,
                protocol: protocol(request.version),
                source_ip,
                user_agent: headers.get("user-agent").map(|agent| &**agent),
            },
            request_id: arrival.request_id,
            route_key: arrival.route_key,
            stage: &endpoint.stage,
            time,
            time_epoch,
        },
        headers: &headers,
        path_parameters: arrival.path_parameters,
        body,
        is_base64_encoded,
    };
    // Strings, numbers and maps of strings always serialise.
    serde_json::to_vec(&event).unwrap_or_default().into()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    version: &'static str,
    route_key: &'a str,
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    headers: &'a Headers<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    query_string_parameters: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    path_parameters: &'a PathParameters<'a>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'a str,
    api_id: &'a str,
    domain_name: &'a str,
    domain_prefix: &'a str,
    http: Http<'a>,
    request_id: &'a str,
    route_key: &'a str,
    stage: &'a str,
    time: String,
    time_epoch: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    method: &'a str,
    path: &'a str,
    protocol: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_ip: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
}

/// Names and values decoded; values of a repeated name are joined with `,`.
fn query(query: &str) -> BTreeMap<Cow<'_, str>, Cow<'_, str>> {
    let mut parameters = BTreeMap::<Cow<'_, str>, Cow<'_, str>>::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match parameters.get_mut(&name) {
            None => {
                parameters.insert(name, value);
            }
            Some(all) => {
                let all = all.to_mut();
                all.push(',');
                all.push_str(&value);
            }
        }
    }
    parameters
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        Version::HTTP_3 => "HTTP/3.0",
        _ => "HTTP/1.1",
    }
}

/// `12/Mar/2020:19:03:58 +0000`, and the same in milliseconds since the epoch.
fn times(time: SystemTime) -> (String, i64) {
    // A clock beyond the year 9999 shows the epoch.
    let time = jiff::Timestamp::try_from(time).unwrap_or_default();
    let text = jiff::fmt::strtime::format("%d/%b/%Y:%H:%M:%S %z", time).unwrap_or_default();
    (text, time.as_millisecond())
}
