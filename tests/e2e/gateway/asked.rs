//! A request over plain HTTP and as the event of each gateway, and what comes back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Map;
use shim_testkit::{Response, Shim, Value, json};

/// A request, in any form.
pub(crate) struct Asked {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) query: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: &'static str,
}

/// Who may make an event of it.
pub(crate) const GATEWAYS: [&str; 4] = ["REST API", "HTTP API", "ALB", "ALB with lists"];

/// Each name with its values.
type Lists<'a> = Vec<(&'a str, Vec<&'a str>)>;

fn lists<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Lists<'a> {
    let mut lists = Lists::new();
    for (name, value) in pairs {
        match lists.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => lists.push((name, vec![value])),
        }
    }
    lists
}

fn object(lists: &Lists<'_>, value: impl Fn(&[&str]) -> Value) -> Value {
    let members = lists.iter();
    let members = members.map(|(name, values)| ((*name).to_owned(), value(values)));
    Value::Object(members.collect::<Map<_, _>>())
}

impl Asked {
    pub(crate) fn get(path: &'static str) -> Self {
        Self {
            method: "GET",
            path,
            query: "",
            headers: &[],
            body: "",
        }
    }

    pub(crate) fn over_http(&self, shim: &Shim) -> Response {
        let separator = if self.query.is_empty() { "" } else { "?" };
        let target = format!("{}{separator}{}", self.path, self.query);
        let lines = self.headers.iter();
        let lines = lines.map(|(name, value)| format!("{name}: {value}\r\n"));
        let lines = lines.collect::<String>();
        shim.request(self.method, &target, &lines, self.body.as_bytes())
    }

    /// The event that a gateway makes of it.
    pub(crate) fn event(&self, gateway: &str) -> Value {
        let headers = self.headers.iter().copied().chain([("host", "shim")]);
        let headers = lists(headers);
        let query = self.query.split('&');
        let query = lists(query.filter_map(|pair| pair.split_once('=')));
        let last = |values: &[&str]| json!(values.last());
        let list = |values: &[&str]| json!(values);
        let mut event = json!({ "body": self.body, "isBase64Encoded": false });
        if gateway == "HTTP API" {
            event["version"] = json!("2.0");
            event["rawPath"] = json!(self.path);
            event["rawQueryString"] = json!(self.query);
            event["headers"] = object(&headers, |values| json!(values.join(",")));
            event["requestContext"] = json!({
                "http": { "method": self.method, "path": self.path },
                "stage": "$default",
            });
            return event;
        }
        event["httpMethod"] = json!(self.method);
        event["path"] = json!(self.path);
        event["requestContext"] = match gateway {
            "REST API" => json!({ "stage": "prod", "authorizer": { "claims": { "sub": "ada" } } }),
            _ => json!({ "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:x" } }),
        };
        if gateway != "ALB" {
            event["multiValueHeaders"] = object(&headers, list);
            event["multiValueQueryStringParameters"] = object(&query, list);
        }
        if gateway != "ALB with lists" {
            event["headers"] = object(&headers, last);
            event["queryStringParameters"] = object(&query, last);
        }
        event
    }
}

/// The body of an answer to an event.
pub(crate) fn body(answer: &Value) -> Vec<u8> {
    let text = answer["body"].as_str().unwrap();
    if answer["isBase64Encoded"] == true {
        STANDARD.decode(text).unwrap()
    } else {
        text.as_bytes().to_vec()
    }
}

/// The values of a header of such an answer, joined by `,`.
pub(crate) fn header(answer: &Value, name: &str) -> Option<String> {
    let list = match name {
        "set-cookie" if answer["cookies"].is_array() => &answer["cookies"],
        _ => &answer["multiValueHeaders"][name],
    };
    let joined = |values: &Vec<Value>| {
        let values: Vec<_> = values.iter().filter_map(Value::as_str).collect();
        values.join(",")
    };
    let single = || answer["headers"][name].as_str().map(str::to_owned);
    list.as_array().map(joined).or_else(single)
}
