//! The sample events that `aws_lambda_events` publishes with its sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lambda_events::alb::AlbTargetGroupRequest;
use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use bytes::Bytes;
use serde_json::Value;

use super::super::{Form, HttpEvent, NotHttp, request};
use super::kit::{all, whole};

/// All samples by their names, without `example-` and `.json`.
fn samples() -> BTreeMap<String, Bytes> {
    let folder = source_of("aws_lambda_events").join("src/fixtures");
    let mut samples = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let name = name
            .strip_prefix("example-")
            .and_then(|name| name.strip_suffix(".json"));
        if let Some(name) = name {
            samples.insert(name.to_owned(), std::fs::read(&path).unwrap().into());
        }
    }
    assert!(
        samples.len() > 100,
        "{} in {}",
        samples.len(),
        folder.display()
    );
    samples
}

/// Where cargo keeps the sources of a dependency.
fn source_of(package: &str) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--manifest-path",
        ])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&metadata.stderr);
    assert!(metadata.status.success(), "cargo metadata: {text}");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages
        .iter()
        .find(|found| found["name"] == package)
        .unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().to_owned()
}

/// By its name, it is the event of an HTTP request that is to be answered.
fn is_request(name: &str) -> bool {
    let other = ["custom-auth", "websocket", "response"];
    (name.starts_with("apigw-") || name.starts_with("alb-"))
        && !other.iter().any(|other| name.contains(other))
}

#[test]
fn every_http_event_is_a_request() {
    let mut requests = 0;
    for (name, sample) in samples() {
        if !is_request(&name) {
            continue;
        }
        requests += 1;
        let event: Value = serde_json::from_slice(&sample).unwrap();
        let read = request(&sample, false).unwrap_or_else(|error| panic!("{name}: {error}"));
        let form = match name.as_str() {
            _ if name.starts_with("apigw-v2-") => Form::V2,
            "apigw-sam-http-request" => Form::V2,
            "alb-lambda-target-request-headers-only" => Form::Alb { multi_value: false },
            "alb-lambda-target-request-multivalue-headers" => Form::Alb { multi_value: true },
            _ => Form::V1,
        };
        assert_eq!(read.form, form, "{name}");
        check(&name, &event, read);
    }
    assert_eq!(requests, 15);
}

/// The request says what the event says.
fn check(name: &str, event: &Value, read: HttpEvent) {
    let HttpEvent {
        request,
        form,
        context,
    } = read;
    let method = event["httpMethod"].as_str();
    let method = method.or(event["requestContext"]["http"]["method"].as_str());
    assert_eq!(Some(request.method().as_str()), method, "{name}");
    let path = event["path"]
        .as_str()
        .or(event["rawPath"].as_str())
        .unwrap();
    let stage = event["requestContext"]["stage"].as_str();
    match stage.filter(|stage| *stage != "$default") {
        None => assert_eq!(request.uri().path(), path, "{name}"),
        Some(stage) => assert_eq!(request.uri().path(), format!("/{stage}{path}"), "{name}"),
    }
    for (header, value) in event["headers"].as_object().into_iter().flatten() {
        let values = all(request.headers(), header);
        assert_eq!(values.last().copied(), value.as_str(), "{name}: {header}");
    }
    for (header, values) in event["multiValueHeaders"].as_object().into_iter().flatten() {
        let values: Vec<_> = values
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(all(request.headers(), header), values, "{name}: {header}");
    }
    let queried = ["queryStringParameters", "multiValueQueryStringParameters"];
    let queried = queried.iter().any(|member| {
        event[*member]
            .as_object()
            .is_some_and(|map| !map.is_empty())
    });
    assert_eq!(request.uri().query().is_some(), queried, "{name}");
    if let Some(cookies) = event["cookies"]
        .as_array()
        .filter(|cookies| !cookies.is_empty())
    {
        let cookies: Vec<_> = cookies.iter().filter_map(Value::as_str).collect();
        assert_eq!(
            all(request.headers(), "cookie"),
            [cookies.join("; ")],
            "{name}"
        );
    }
    let body = event["body"].as_str().unwrap_or_default();
    if event["isBase64Encoded"] != true {
        assert_eq!(whole(request.into_body()), body, "{name}");
    }
    // What authors read it with.
    let stage = stage.map(str::to_owned);
    match form {
        Form::V1 => {
            let event: ApiGatewayProxyRequest = serde_json::from_str(&context).unwrap();
            assert_eq!(event.request_context.stage, stage, "{name}");
        }
        Form::V2 => {
            let event: ApiGatewayV2httpRequest = serde_json::from_str(&context).unwrap();
            assert_eq!(event.request_context.stage, stage, "{name}");
        }
        Form::Alb { .. } => {
            let event: AlbTargetGroupRequest = serde_json::from_str(&context).unwrap();
            assert!(
                event.request_context.elb.target_group_arn.is_some(),
                "{name}"
            );
        }
    }
}

#[test]
fn everything_else_is_refused() {
    let mut refused = 0;
    for (name, sample) in samples() {
        if is_request(&name) {
            continue;
        }
        refused += 1;
        let error = request(&sample, false).map(|read| read.form).unwrap_err();
        let fits = match name.as_str() {
            _ if name.starts_with("apigw-")
                && name.contains("custom-auth")
                && name.contains("request") =>
            {
                error == NotHttp::Authorizer
            }
            _ if name.starts_with("apigw-websocket") => error == NotHttp::WebSocket,
            _ => matches!(error, NotHttp::Unknown { .. }),
        };
        assert!(fits, "{name}: {error}");
    }
    assert!(refused > 100, "{refused}");
}
