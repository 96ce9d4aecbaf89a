//! The types of `aws_lambda_events` as events and responses.

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::event::s3::S3Event;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use plugin_api::testing::Function;
use plugin_api::{Context, Error, handler};
use serde_json::{Value, json};

#[handler]
async fn on_upload(event: S3Event, _ctx: Context) -> Result<(), Error> {
    for record in event.records {
        let key = record.s3.object.key.ok_or("an upload without a key")?;
        if key.ends_with(".exe") {
            return Err(Error::new("NotAllowed", key));
        }
    }
    Ok(())
}

#[test]
fn an_event_of_a_service_is_read() {
    let function = Function::<on_upload>::load().unwrap();
    let event = |key: &str| {
        json!({ "Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "eu-west-1",
            "eventTime": "2026-01-02T03:04:05.678Z",
            "eventName": "ObjectCreated:Put",
            "userIdentity": { "principalId": "AWS:EXAMPLE" },
            "requestParameters": { "sourceIPAddress": "192.0.2.1" },
            "responseElements": { "x-amz-request-id": "C3D13FE58DE4C810" },
            "s3": {
                "s3SchemaVersion": "1.0",
                "bucket": {
                    "name": "uploads",
                    "ownerIdentity": { "principalId": "EXAMPLE" },
                    "arn": "arn:aws:s3:::uploads",
                },
                "object": { "key": key, "size": 1024, "eTag": "d41d8cd98f00b204" },
            },
        }]})
    };
    function.invoke::<()>(&event("cat.jpg")).unwrap();
    let error = function.invoke::<()>(&event("cat.exe")).unwrap_err();
    assert_eq!(
        (error.name(), error.to_string()),
        ("NotAllowed", "cat.exe".into())
    );
    let error = function.invoke::<()>(&json!({ "Records": 3 })).unwrap_err();
    assert_eq!(error.name(), "InvalidEvent");
}

#[handler]
async fn on_messages(event: SqsEvent) -> Result<SqsBatchResponse, Error> {
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        if message.body.as_deref() != Some("good") {
            response.add_failure(message.message_id.unwrap_or_default());
        }
    }
    Ok(response)
}

#[test]
fn a_partial_failure_of_a_batch_is_a_response() {
    let function = Function::<on_messages>::load().unwrap();
    let message = |id: &str, body: &str| {
        json!({
            "messageId": id,
            "body": body,
            "attributes": {},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
        })
    };
    let event = json!({ "Records": [message("1", "good"), message("2", "bad")] });
    let response: Value = function.invoke(&event).unwrap();
    let expected = json!({ "batchItemFailures": [{ "itemIdentifier": "2" }] });
    assert_eq!(response, expected);
}

/// For authors who want the event of API Gateway itself, instead of a request.
#[handler]
async fn on_call(event: ApiGatewayV2httpRequest) -> Result<ApiGatewayV2httpResponse, Error> {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = 200;
    response.body = event.raw_path.map(Into::into);
    Ok(response)
}

#[test]
fn a_gateways_event_is_an_event_like_any_other() {
    let function = Function::<on_call>::load().unwrap();
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/items",
        "rawQueryString": "",
        "headers": { "host": "example.com" },
        "requestContext": { "http": { "method": "GET", "path": "/items" } },
        "isBase64Encoded": false,
    });
    let response: Value = function.invoke(&event).unwrap();
    assert_eq!(
        (&response["statusCode"], &response["body"]),
        (&json!(200), &json!("/items"))
    );
}
