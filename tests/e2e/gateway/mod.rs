//! Web handlers that are invoked with the events of gateways.

pub(crate) mod asked;

use std::path::Path;

use shim_testkit::frames::Frame;
use shim_testkit::{Shim, Value, eventually, json, plugin};

use crate::{Toml, serve, shim};
use asked::{Asked, GATEWAYS, body, header};

/// As REST APIs have paths: without their stage.
const NO_STAGE: (&str, &str) = ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true");

fn without_stage(handler: &str) -> Shim {
    serve(handler).var(NO_STAGE.0, NO_STAGE.1).start()
}

/// What a function answers to an event.
#[track_caller]
fn answered(shim: &Shim, function: &str, event: &Value) -> Value {
    let response = shim.invoke(function).json(event).send();
    response.expect_success().json()
}

#[test]
fn a_request_is_the_same_over_http_and_as_an_event() {
    let shim = without_stage("mirror");
    let asked = Asked {
        method: "PATCH",
        path: "/a%20b/%F0%9F%A6%80//",
        query: "x=1&y=%26&z=+",
        headers: &[
            ("content-type", "application/json"),
            ("content-length", "11"),
            ("x-one", "\"1\""),
            ("cookie", "a=1; b=2"),
        ],
        body: "{\"a\":\"\\n\"} ",
    };
    let plain = asked.over_http(&shim).expect_status(200).json();
    assert_eq!(plain["gateway_event"], Value::Null);
    for gateway in GATEWAYS {
        let mut event = asked.event(gateway);
        if gateway == "REST API" {
            // It hands the values over decoded.
            let query = json!({ "x": ["1"], "y": ["&"], "z": [" "] });
            event["multiValueQueryStringParameters"] = query;
        }
        let answer = answered(&shim, "mirror", &event);
        assert_eq!(answer["statusCode"], 200);
        let seen: Value = serde_json::from_slice(&body(&answer)).unwrap();
        for same in ["method", "uri", "path", "query", "version", "body"] {
            assert_eq!(seen[same], plain[same], "{gateway}: {same}");
        }
        let headers = |said: &Value| {
            let mut headers = said["headers"].as_array().unwrap().clone();
            // The invocation's own.
            headers.retain(|header| header[0] != "x-amzn-trace-id");
            headers.sort_by_key(Value::to_string);
            headers
        };
        assert_eq!(headers(&seen), headers(&plain), "{gateway}");
    }
}

#[test]
fn a_response_is_the_same_over_http_and_in_the_form_of_the_event() {
    let shim = without_stage("answers");
    for path in [
        "/",
        "/no-body",
        "/created",
        "/no-content",
        "/not-modified",
        "/too-long",
        "/chunked",
        "/teapot",
    ] {
        let asked = Asked::get(path);
        let plain = asked.over_http(&shim);
        for gateway in GATEWAYS {
            let answer = answered(&shim, "answers", &asked.event(gateway));
            let at = format!("{path} by {gateway}: {answer}");
            assert_eq!(answer["statusCode"], plain.status(), "{at}");
            assert_eq!(body(&answer), plain.body(), "{at}");
            for name in ["location", "content-type", "transfer-encoding"] {
                assert_eq!(header(&answer, name).as_deref(), plain.header(name), "{at}");
            }
            let mut cookies = plain.headers("set-cookie");
            if gateway == "ALB" {
                cookies.truncate(1);
            }
            let cookies = Some(cookies.join(",")).filter(|cookies| !cookies.is_empty());
            assert_eq!(header(&answer, "set-cookie"), cookies, "{at}");
        }
    }
}

#[test]
fn bodies_that_are_no_text_come_and_go_in_base64() {
    let shim = without_stage("streams");
    for gateway in GATEWAYS {
        let mut event = Asked {
            method: "POST",
            ..Asked::get("/duplex")
        }
        .event(gateway);
        event["body"] = json!("AP+A/g==");
        event["isBase64Encoded"] = json!(true);
        let answer = answered(&shim, "streams", &event);
        assert_eq!(body(&answer), b"\x00\xff\x80\xfe", "{gateway}: {answer}");
        assert_eq!(answer["isBase64Encoded"], true);
    }
}

#[test]
fn paths_begin_with_the_stage_unless_the_function_does_not_want_it() {
    let event = Asked::get("/a").event("REST API");
    let path = |shim: &Shim| {
        let said = body(&answered(shim, "mirror", &event));
        serde_json::from_slice::<Value>(&said).unwrap()["path"].clone()
    };
    assert_eq!(path(&serve("mirror").start()), "/prod/a");
    assert_eq!(path(&without_stage("mirror")), "/a");
}

#[test]
fn a_handler_knows_the_rest_of_the_event_and_the_trace() {
    let shim = serve("mirror").start();
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let mut event = Asked::get("/a").event("REST API");
    event["multiValueHeaders"]["X-Amzn-Trace-Id"] =
        json!(["Root=1-5759e988-bd862e3fe1be46a994272793"]);
    let call = shim.invoke("mirror").json(&event);
    let answer = call.header("x-amzn-trace-id", trace).send();
    let said = body(&answer.expect_success().json());
    let said: Value = serde_json::from_slice(&said).unwrap();
    let context: Value = serde_json::from_str(said["gateway_event"].as_str().unwrap()).unwrap();
    assert_eq!(
        context["requestContext"]["authorizer"]["claims"]["sub"],
        "ada"
    );
    assert_eq!(context.get("body"), None);
    let headers = said["headers"].as_array().unwrap();
    assert!(
        headers.contains(&json!(["x-amzn-trace-id", trace])),
        "{headers:?}"
    );
}

/// What the frames before the last hold together.
fn payload(frames: &[Frame]) -> Vec<u8> {
    let (end, pieces) = frames.split_last().unwrap();
    assert_eq!(end.completion(), json!({}));
    pieces
        .iter()
        .flat_map(|piece| piece.payload.clone())
        .collect()
}

#[test]
fn a_streamed_response_is_collected_or_begins_with_its_head() {
    let shim = without_stage("streams");
    for gateway in GATEWAYS {
        let event = Asked::get("/pieces").event(gateway);
        let answer = answered(&shim, "streams", &event);
        assert_eq!(answer["body"], "piece 0;piece 1;piece 2;", "{gateway}");
        let frames = shim.invoke_stream("streams").json(&event).send().frames();
        assert!(frames.len() > 3, "{}", frames.len());
        let expected =
            "{\"statusCode\":200,\"headers\":{}}\0\0\0\0\0\0\0\0piece 0;piece 1;piece 2;";
        assert_eq!(String::from_utf8(payload(&frames)).unwrap(), expected);
    }
    let shim = serve("answers").start();
    let event = Asked::get("/created").event("HTTP API");
    let frames = shim.invoke_stream("answers").json(&event).send().frames();
    let expected = "{\"statusCode\":201,\"headers\":{\"location\":\"/things/1\"},\
                    \"cookies\":[\"a=1\",\"b=2\"]}\0\0\0\0\0\0\0\0made";
    assert_eq!(String::from_utf8(payload(&frames)).unwrap(), expected);
}

#[test]
fn what_a_web_handler_fails_with_is_a_function_error() {
    let shim = serve("answers").start();
    let send = |path| {
        let event = Asked::get(path).event("HTTP API");
        shim.invoke("answers").json(&event).send()
    };
    send("/what").expect_function_error("NoSuchAnswer");
    let early = send("/early");
    early.expect_function_error("Runtime.BadResponse");
    assert!(early.error_message().contains("103"), "{early:?}");

    let shim = serve("streams").start();
    let send = |path, query| {
        let event = Asked {
            query,
            ..Asked::get(path)
        }
        .event("HTTP API");
        shim.invoke("streams").json(&event).send()
    };
    let broken = send("/fails", "");
    assert!(
        broken.error_message().contains("the tape broke"),
        "{broken:?}"
    );
    let large = send("/huge", "mib=5");
    let large = large.expect_success().json();
    assert_eq!(large["body"].as_str().unwrap().len(), 5 * 1024 * 1024);
    send("/huge", "mib=7").expect_function_error("Function.ResponseSizeTooLarge");
}

/// The one record in a file, once it is there.
fn record(path: &Path) -> Value {
    eventually("a record in the file", || {
        let text = std::fs::read_to_string(path).ok()?;
        text.ends_with('\n')
            .then(|| serde_json::from_str(&text).unwrap())
    })
}

#[test]
fn an_event_may_be_run_later() {
    let folder = Toml::new("");
    let (told, failed) = (folder.path("told.jsonl"), folder.path("failed.jsonl"));
    let shim = serve("answers")
        .arg("--on-success", format!("file:{}", told.display()))
        .arg("--on-failure", format!("file:{}", failed.display()))
        .arg("--event-retries", "0")
        .start();
    let event = Asked::get("/created").event("ALB with lists");
    let call = shim.invoke("answers").kind("Event").json(&event);
    call.send().expect_status(202);
    let answer = record(&told)["responsePayload"].clone();
    assert_eq!(answer["statusDescription"], "201 Created");
    assert_eq!(header(&answer, "set-cookie").as_deref(), Some("a=1,b=2"));
    assert_eq!(body(&answer), b"made");
    let call = shim.invoke("answers").kind("Event").body(r#"{"number":7}"#);
    call.send().expect_status(202);
    assert_eq!(
        record(&failed)["responsePayload"]["errorType"],
        "Runtime.NotAnHttpEvent"
    );
}

#[test]
fn a_mock_of_a_web_handler_answers_in_the_form_of_the_event() {
    let folder = Toml::new("");
    std::fs::write(folder.path("page.html"), "<p>mocked</p>").unwrap();
    let file = format!("file:{}", folder.path("page.html").display());
    let shim = serve("mirror").arg("--mock", file).start();
    let answer = answered(&shim, "mirror", &Asked::get("/").event("HTTP API"));
    assert_eq!(answer["body"], "<p>mocked</p>");
    assert_eq!(
        header(&answer, "content-type").as_deref(),
        Some("text/html; charset=utf-8")
    );
    shim.invoke("mirror")
        .send()
        .expect_function_error("Runtime.NotAnHttpEvent");
}

#[test]
fn the_sample_events_of_the_example_are_answered() {
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../example-plugin/events");
    let example = shim().serve(plugin("example-plugin")).handler("handler");
    let shim = example.var(NO_STAGE.0, NO_STAGE.1).start();
    let order = r#"{"items":{"coffee":2,"filter":1}}"#;
    let plain = shim.post("/quote", order).expect_status(200).text();
    for sample in ["apigw-v1.json", "apigw-v2.json", "alb.json"] {
        let event = std::fs::read(events.join(sample)).unwrap();
        let answer = shim.invoke("handler").body(event).send();
        let answer = answer.expect_success().json();
        assert_eq!(answer["statusCode"], 200, "{sample}: {answer}");
        assert_eq!(answer["body"], plain, "{sample}");
        assert_eq!(
            header(&answer, "content-type").as_deref(),
            Some("application/json")
        );
    }
}
