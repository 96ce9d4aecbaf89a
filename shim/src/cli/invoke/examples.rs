//! Sample events of AWS services, by their documented shapes. Those of gateways ask for
//! `GET /items`.

use std::fmt::Write as _;

use serde::Serialize;

use crate::cli::inspect;

/// An event under a name.
#[derive(Debug, Serialize)]
pub(super) struct Example {
    pub(super) name: &'static str,
    /// Whose event it is.
    what: &'static str,
    /// JSON text.
    #[serde(skip)]
    pub(super) event: &'static str,
}

macro_rules! examples {
    ($($name:literal $what:literal)*) => {
        /// What they are called.
        pub(super) const NAMES: &[&str] = &[$($name),*];

        static EXAMPLES: &[Example] = &[$(Example {
            name: $name,
            what: $what,
            event: include_str!(concat!("../samples/", $name, ".json")),
        }),*];
    };
}

examples! {
    "alb" "Application Load Balancer: a request"
    "apigw-v1" "API Gateway, REST API: a request (payload format 1.0)"
    "apigw-v2" "API Gateway, HTTP API: a request (payload format 2.0)"
    "cloudwatch-logs" "CloudWatch Logs: two log lines, packed"
    "cognito" "Cognito user pool: before a sign-up"
    "dynamodb" "DynamoDB stream: an item was changed"
    "eventbridge" "EventBridge: an event of an application"
    "function-url" "Lambda function URL: a request"
    "kinesis" "Kinesis data stream: a record"
    "s3" "S3: an object was created"
    "scheduled" "EventBridge: a scheduled event"
    "ses" "SES: a mail was received"
    "sns" "SNS: a notification"
    "sqs" "SQS: a message"
}

/// The one that is called so.
pub(super) fn find(name: &str) -> Option<&'static Example> {
    EXAMPLES.iter().find(|example| example.name == name)
}

/// Prints what there is.
pub(super) fn list(json: bool) -> anyhow::Result<()> {
    if json {
        return inspect::print_json(&EXAMPLES);
    }
    let width = NAMES.iter().map(|name| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Example { name, what, .. } in EXAMPLES {
        let _ = writeln!(text, "{name:width$}  {what}");
    }
    inspect::print(&text)
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::event;
    use serde::de::DeserializeOwned;
    use serde_json::Value;

    use super::{EXAMPLES, find};

    #[track_caller]
    fn is<T: DeserializeOwned>(name: &str) -> T {
        let event = find(name).unwrap().event;
        serde_json::from_str(event).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    #[test]
    fn each_is_what_handlers_of_its_service_take() {
        let alb: event::alb::AlbTargetGroupRequest = is("alb");
        assert_eq!(alb.path.as_deref(), Some("/items"));
        let v1: event::apigw::ApiGatewayProxyRequest = is("apigw-v1");
        assert_eq!(v1.path.as_deref(), Some("/items"));
        let v2: event::apigw::ApiGatewayV2httpRequest = is("apigw-v2");
        assert_eq!(v2.raw_path.as_deref(), Some("/items"));
        let url: event::lambda_function_urls::LambdaFunctionUrlRequest = is("function-url");
        assert_eq!(url.raw_path.as_deref(), Some("/items"));
        let _: event::cognito::CognitoEventUserPoolsPreSignup = is("cognito");
        let changed: event::dynamodb::Event = is("dynamodb");
        assert_eq!(changed.records[0].event_name, "MODIFY");
        let bus: event::eventbridge::EventBridgeEvent<Value> = is("eventbridge");
        assert_eq!(bus.detail["order"], "order-7");
        let scheduled: event::eventbridge::EventBridgeEvent<Value> = is("scheduled");
        assert_eq!(scheduled.detail_type, "Scheduled Event");
        let stream: event::kinesis::KinesisEvent = is("kinesis");
        assert_eq!(
            &stream.records[0].kinesis.data.0[..],
            br#"{"items":{"coffee":2}}"#
        );
        let created: event::s3::S3Event = is("s3");
        assert_eq!(created.records[0].s3.bucket.name.as_deref(), Some("orders"));
        let mail: event::ses::SimpleEmailEvent = is("ses");
        assert_eq!(mail.records.len(), 1);
        let notification: event::sns::SnsEvent = is("sns");
        assert_eq!(
            notification.records[0].sns.subject.as_deref(),
            Some("an order")
        );
        let message: event::sqs::SqsEvent = is("sqs");
        assert!(message.records[0].body.is_some());
    }

    #[cfg(feature = "package")]
    #[test]
    fn log_lines_are_packed_as_by_cloudwatch() {
        use base64::Engine as _;
        use std::io::Read as _;

        let event: Value = is("cloudwatch-logs");
        let data = event["awslogs"]["data"].as_str().unwrap();
        let packed = base64::engine::general_purpose::STANDARD.decode(data);
        let mut json = String::new();
        flate2::read::GzDecoder::new(&packed.unwrap()[..])
            .read_to_string(&mut json)
            .unwrap();
        let logs: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(logs["messageType"], "DATA_MESSAGE");
        assert_eq!(logs["logEvents"].as_array().unwrap().len(), 2);
        assert_eq!(logs["logEvents"][0]["message"], "ERROR out of stock");
    }

    #[test]
    fn all_are_small_objects() {
        for example in EXAMPLES {
            assert!(example.event.len() < 4096, "{}", example.name);
            serde_json::from_str::<serde_json::Map<String, Value>>(example.event).unwrap();
        }
        assert!(EXAMPLES.is_sorted_by_key(|example| example.name));
    }
}
