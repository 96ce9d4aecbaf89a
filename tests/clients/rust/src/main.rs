//! Does each case of the file named first with the AWS SDK for Rust, and prints what came of it as
//! a line of JSON.

mod operations;

use std::collections::HashMap;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::Credentials;
use serde::Deserialize;
use serde_json::json;

/// A call, and how the shim is reached for it.
#[derive(Deserialize)]
struct Case {
    case: String,
    operation: String,
    #[serde(flatten)]
    way: Way,
    function: String,
    qualifier: Option<String>,
    #[serde(default)]
    payload: String,
    /// Makes the payload a text of so many bytes.
    fill: Option<usize>,
    r#type: Option<String>,
    log: Option<String>,
    client_context: Option<String>,
    tenant: Option<String>,
}

#[derive(Deserialize, Clone, PartialEq, Eq, Hash)]
struct Way {
    /// Without one, the variable AWS_ENDPOINT_URL_LAMBDA says where.
    endpoint: Option<String>,
    /// Without them, requests are not signed.
    keys: Option<Keys>,
    /// In seconds.
    read_timeout: Option<u64>,
}

#[derive(Deserialize, Clone, PartialEq, Eq, Hash)]
struct Keys {
    id: String,
    secret: String,
}

async fn client(way: &Way) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(Region::new("us-east-1"));
    loader = match &way.keys {
        Some(Keys { id, secret }) => {
            loader.credentials_provider(Credentials::new(id, secret, None, None, "case"))
        }
        None => loader.no_credentials(),
    };
    if let Some(seconds) = way.read_timeout {
        let timeout = Duration::from_secs(seconds);
        loader = loader.timeout_config(TimeoutConfig::builder().read_timeout(timeout).build());
    }
    let mut config = aws_sdk_lambda::config::Builder::from(&loader.load().await);
    if let Some(endpoint) = &way.endpoint {
        config = config.endpoint_url(endpoint);
    }
    if way.keys.is_none() {
        config = config.allow_no_auth();
    }
    Client::from_conf(config.build())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let path = std::env::args().nth(1).expect("a file of cases");
    let text = std::fs::read_to_string(path).expect("a file that can be read");
    let cases: Vec<Case> = serde_json::from_str(&text).expect("cases");
    let mut clients = HashMap::new();
    for case in &cases {
        if !clients.contains_key(&case.way) {
            clients.insert(case.way.clone(), client(&case.way).await);
        }
        let client = &clients[&case.way];
        let mut done = match case.operation.as_str() {
            "invoke" => operations::invoke(client, case).await,
            "stream" => operations::stream(client, case).await,
            "invoke_async" => operations::invoke_async(client, case).await,
            other => json!({ "error": "NoSuchOperation", "message": other }),
        };
        done["case"] = json!(case.case);
        println!("{done}");
    }
}
