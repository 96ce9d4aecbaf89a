//! Events of AWS services: their types, a sample, and what a first handler does with them.

/// Events of one service.
#[derive(Debug)]
pub(super) struct Kind {
    /// The word on the command line, and the sample's name.
    pub(super) word: &'static str,
    /// The feature of `aws_lambda_events` that has the types.
    pub(super) feature: &'static str,
    /// What the function is for.
    pub(super) description: &'static str,
    /// What comes into scope.
    pub(super) imports: &'static str,
    /// The event's type.
    pub(super) event: &'static str,
    /// The response's type.
    pub(super) response: &'static str,
    /// The handler's body, for `event` and `ctx`.
    pub(super) body: &'static str,
    /// A sample event.
    pub(super) sample: &'static str,
    /// The part of the response to the sample that is tested.
    pub(super) field: &'static str,
    /// What it is.
    pub(super) expected: &'static str,
}

/// An event that the handler's test is written for.
macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("templates/events/", $name, ".json"))
    };
}
pub(super) use sample;

/// One that `shim invoke --data-example` has as well.
macro_rules! shared_sample {
    ($name:literal) => {
        include_str!(concat!("../samples/", $name, ".json"))
    };
}

/// All there are.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        word: "alb",
        feature: "alb",
        description: "Answers requests of an Application Load Balancer",
        imports: "use aws_lambda_events::encodings::Body;\nuse aws_lambda_events::event::alb::{\n    AlbTargetGroupRequest as Request, AlbTargetGroupResponse as Response,\n};",
        event: "Request",
        response: "Response",
        body: "tracing::info!(path = event.path, left = ?ctx.remaining_time(), \"asked\");
let query = &event.query_string_parameters;
let name = query.first(\"name\").unwrap_or(\"world\");
let mut response = Response::default();
response.status_code = 200;
response.body = Some(Body::Text(format!(\"Hello, {name}!\\n\")));
Ok(response)",
        sample: sample!("alb"),
        field: "[\"body\"]",
        expected: "\"Hello, you!\\n\"",
    },
    Kind {
        word: "apigw-v1",
        feature: "apigw",
        description: "Answers requests of an API Gateway REST API",
        imports: "use aws_lambda_events::encodings::Body;\nuse aws_lambda_events::event::apigw::{\n    ApiGatewayProxyRequest as Request, ApiGatewayProxyResponse as Response,\n};",
        event: "Request",
        response: "Response",
        body: "tracing::info!(path = event.path, left = ?ctx.remaining_time(), \"asked\");
let query = &event.query_string_parameters;
let name = query.first(\"name\").unwrap_or(\"world\");
let mut response = Response::default();
response.status_code = 200;
response.body = Some(Body::Text(format!(\"Hello, {name}!\\n\")));
Ok(response)",
        sample: sample!("apigw-v1"),
        field: "[\"body\"]",
        expected: "\"Hello, you!\\n\"",
    },
    Kind {
        word: "apigw-v2",
        feature: "apigw",
        description: "Answers requests of an API Gateway HTTP API or a function URL",
        imports: "use aws_lambda_events::encodings::Body;\nuse aws_lambda_events::event::apigw::{\n    ApiGatewayV2httpRequest as Request, ApiGatewayV2httpResponse as Response,\n};",
        event: "Request",
        response: "Response",
        body: "tracing::info!(path = event.raw_path, left = ?ctx.remaining_time(), \"asked\");
let query = &event.query_string_parameters;
let name = query.first(\"name\").unwrap_or(\"world\");
let mut response = Response::default();
response.status_code = 200;
response.body = Some(Body::Text(format!(\"Hello, {name}!\\n\")));
Ok(response)",
        sample: sample!("apigw-v2"),
        field: "[\"body\"]",
        expected: "\"Hello, you!\\n\"",
    },
    Kind {
        word: "cloudwatch-events",
        feature: "cloudwatch_events",
        description: "Runs on schedules and events of CloudWatch",
        imports: "use aws_lambda_events::event::cloudwatch_events::CloudWatchEvent;",
        event: "CloudWatchEvent",
        response: "()",
        body: "let (kind, time) = (event.detail_type, event.time);
tracing::info!(kind, %time, left = ?ctx.remaining_time(), \"runs\");
Ok(())",
        sample: sample!("cloudwatch-events"),
        field: "",
        expected: "null",
    },
    Kind {
        word: "cloudwatch-logs",
        feature: "cloudwatch_logs",
        description: "Takes log lines from CloudWatch",
        imports: "use aws_lambda_events::event::cloudwatch_logs::LogsEvent;",
        event: "LogsEvent",
        response: "()",
        body: "let data = event.aws_logs.data;
for line in data.log_events {
    let text = line.message;
    tracing::info!(group = data.log_group, text, left = ?ctx.remaining_time(), \"logged\");
}
Ok(())",
        sample: shared_sample!("cloudwatch-logs"),
        field: "",
        expected: "null",
    },
    Kind {
        word: "dynamodb",
        feature: "dynamodb",
        description: "Takes changes of a DynamoDB table",
        imports: "use aws_lambda_events::event::dynamodb::Event;",
        event: "Event",
        response: "()",
        body: "for record in event.records {
    let (what, keys) = (record.event_name, record.change.keys);
    tracing::info!(what, ?keys, left = ?ctx.remaining_time(), \"changed\");
}
Ok(())",
        sample: shared_sample!("dynamodb"),
        field: "",
        expected: "null",
    },
    Kind {
        word: "eventbridge",
        feature: "eventbridge",
        description: "Takes events of EventBridge",
        imports: "use aws_lambda_events::event::eventbridge::EventBridgeEvent;",
        event: "EventBridgeEvent",
        response: "()",
        body: "let (kind, source) = (event.detail_type, event.source);
tracing::info!(kind, source, left = ?ctx.remaining_time(), \"happened\");
Ok(())",
        sample: shared_sample!("eventbridge"),
        field: "",
        expected: "null",
    },
    Kind {
        word: "kinesis",
        feature: "kinesis",
        description: "Takes records of a Kinesis stream",
        imports: "use aws_lambda_events::event::kinesis::KinesisEvent;",
        event: "KinesisEvent",
        response: "()",
        body: "for record in event.records {
    let (key, data) = (&record.kinesis.partition_key, &record.kinesis.data);
    tracing::info!(key, bytes = data.len(), left = ?ctx.remaining_time(), \"streamed\");
}
Ok(())",
        sample: shared_sample!("kinesis"),
        field: "",
        expected: "null",
    },
    Kind {
        word: "s3",
        feature: "s3",
        description: "Takes notices of objects in S3",
        imports: "use aws_lambda_events::event::s3::S3Event;",
        event: "S3Event",
        response: "()",
        body: "for record in event.records {
    let (bucket, key) = (record.s3.bucket.name, record.s3.object.url_decoded_key);
    tracing::info!(bucket, key, left = ?ctx.remaining_time(), \"stored\");
}
Ok(())",
        sample: shared_sample!("s3"),
        field: "",
        expected: "null",
    },
    Kind {
        word: "sns",
        feature: "sns",
        description: "Takes messages of an SNS topic",
        imports: "use aws_lambda_events::event::sns::SnsEvent;",
        event: "SnsEvent",
        response: "()",
        body: "for record in event.records {
    let (id, text) = (record.sns.message_id, record.sns.message);
    tracing::info!(id, text, left = ?ctx.remaining_time(), \"told\");
}
Ok(())",
        sample: shared_sample!("sns"),
        field: "",
        expected: "null",
    },
    Kind {
        word: "sqs",
        feature: "sqs",
        description: "Takes messages of an SQS queue",
        imports: "use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};",
        event: "SqsEvent",
        response: "SqsBatchResponse",
        body: "// Messages that are named in the response come again, the others do not; for this the event
// source mapping has to report batch item failures.
let mut response = SqsBatchResponse::default();
for message in event.records {
    tracing::info!(id = message.message_id, left = ?ctx.remaining_time(), \"received\");
    if message.body.is_none() {
        response.add_failure(message.message_id.unwrap_or_default());
    }
}
Ok(response)",
        sample: shared_sample!("sqs"),
        field: "",
        expected: "{ \"batchItemFailures\": [] }",
    },
];

/// The kind that is called `word`.
pub(super) fn find(word: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.word == word)
}
