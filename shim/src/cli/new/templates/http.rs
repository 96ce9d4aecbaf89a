//! A web service.

#![forbid(unsafe_code)]

use plugin_api::http::{Method, Request, Response, StatusCode, header};
use plugin_api::{Body, Error, handler};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Greeting {
    name: String,
}

#[derive(Serialize)]
struct Reply {
    text: String,
}

/// `GET /` says how; `POST /greet` greets.
#[handler]
async fn handler(request: Request<Body>) -> Result<Response<Body>, Error> {
    tracing::info!(path = request.uri().path(), "asked");
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => Ok(Response::new("POST /greet {\"name\":\"you\"}\n".into())),
        (&Method::POST, "/greet") => match request.into_body().json().await {
            Ok(Greeting { name }) => json(&Reply {
                text: format!("Hello, {name}!"),
            }),
            Err(error) => refusal(StatusCode::BAD_REQUEST, &error.to_string()),
        },
        (_, path) => refusal(StatusCode::NOT_FOUND, &format!("there is no {path}")),
    }
}

fn json(value: &impl Serialize) -> Result<Response<Body>, Error> {
    let body = serde_json::to_vec(value)?;
    let response = Response::builder().header(header::CONTENT_TYPE, "application/json");
    Ok(response.body(body.into())?)
}

fn refusal(status: StatusCode, why: &str) -> Result<Response<Body>, Error> {
    let response = Response::builder().status(status);
    Ok(response.body(format!("{why}\n").into())?)
}

#[cfg(test)]
mod tests {
    use plugin_api::http::{Request, StatusCode};
    use plugin_api::testing::Function;

    use super::handler;

    fn ask(method: &str, path: &str, body: &'static str) -> (StatusCode, String) {
        let function = Function::<handler>::load().unwrap();
        let request = Request::builder().method(method).uri(path);
        let response = function.request(request.body(body).unwrap()).unwrap();
        let text = String::from_utf8_lossy(response.body()).into_owned();
        (response.status(), text)
    }

    #[test]
    fn who_asks_is_greeted() {
        let (status, text) = ask("POST", "/greet", r#"{"name":"you"}"#);
        assert_eq!(status, StatusCode::OK);
        assert_eq!(text, r#"{"text":"Hello, you!"}"#);
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(ask("POST", "/greet", "{").0, StatusCode::BAD_REQUEST);
        assert_eq!(ask("GET", "/nothing", "").0, StatusCode::NOT_FOUND);
    }
}
