//! A request and a response in payload format 2.0.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// A request, as far as a handler may want it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    #[allow(dead_code, reason = "read because a real handler would have it")]
    raw_path: String,
    #[allow(dead_code, reason = "read because a real handler would have it")]
    raw_query_string: String,
    #[allow(dead_code, reason = "read because a real handler would have it")]
    headers: HashMap<String, String>,
    request_context: Context,
}

#[derive(Debug, Deserialize)]
struct Context {
    http: Http,
}

#[derive(Debug, Deserialize)]
struct Http {
    method: String,
}

/// A response.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    status_code: u16,
    headers: HashMap<String, String>,
    body: &'static str,
    is_base64_encoded: bool,
}

/// Thirteen bytes for any request.
pub(crate) fn hello(request: Request) -> Response {
    let known = request.request_context.http.method == "GET";
    Response {
        status_code: if known { 200 } else { 405 },
        headers: HashMap::new(),
        body: "Hello, World!",
        is_base64_encoded: false,
    }
}
