//! A web service with a state that is made once.

#![forbid(unsafe_code)]

use plugin_api::http::{Method, Request, Response, StatusCode, header};
use plugin_api::{Body, Context, Error, Handler, InitContext, handler};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Greeting {
    name: String,
}

#[derive(Serialize)]
struct Reply {
    text: String,
    /// How many greetings this instance has given.
    count: u64,
}

/// What all instances share: made once, when the plugin is loaded.
struct Site {
    greeting: String,
}

/// `GET /` says how; `POST /greet` greets, and counts.
#[handler(name = "handler")]
impl Handler for Site {
    type Event = Request<Body>;
    type Response = Response<Body>;
    /// What one instance keeps between its runs. It runs one request at a time.
    type Instance = u64;

    /// Once. An error here keeps the plugin from being served.
    async fn init(ctx: &InitContext) -> Result<Self, Error> {
        let greeting = ctx.var("GREETING").unwrap_or("Hello").to_owned();
        Ok(Self { greeting })
    }

    /// Once for each instance: open connections here.
    async fn start(&self) -> Result<u64, Error> {
        Ok(0)
    }

    /// Once for each request. `instance` is an error if `start` failed.
    async fn run(
        &self,
        instance: Result<&mut u64, Error>,
        request: Request<Body>,
        ctx: Context,
    ) -> Result<Response<Body>, Error> {
        let count = instance?;
        tracing::info!(path = request.uri().path(), left = ?ctx.remaining_time(), "asked");
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/") => Ok(Response::new("POST /greet {\"name\":\"you\"}\n".into())),
            (&Method::POST, "/greet") => match request.into_body().json().await {
                Ok(Greeting { name }) => {
                    *count += 1;
                    json(&Reply {
                        text: format!("{}, {name}!", self.greeting),
                        count: *count,
                    })
                }
                Err(error) => refusal(StatusCode::BAD_REQUEST, &error.to_string()),
            },
            (_, path) => refusal(StatusCode::NOT_FOUND, &format!("there is no {path}")),
        }
    }

    /// Once for each instance, when it is not needed any more.
    async fn stop(&self, count: u64) -> Result<(), Error> {
        tracing::info!(count, "stopped");
        Ok(())
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

    use super::Site;

    fn ask(site: &Function<Site>, path: &str, body: &'static str) -> (StatusCode, String) {
        let request = Request::post(path).body(body).unwrap();
        let response = site.request(request).unwrap();
        let text = String::from_utf8_lossy(response.body()).into_owned();
        (response.status(), text)
    }

    #[test]
    fn an_instance_counts() {
        let site = Function::<Site>::load().unwrap();
        for count in 1..3 {
            let (status, text) = ask(&site, "/greet", r#"{"name":"you"}"#);
            assert_eq!(status, StatusCode::OK);
            assert_eq!(text, format!(r#"{{"text":"Hello, you!","count":{count}}}"#));
        }
        site.stop().unwrap();
    }

    #[test]
    fn what_is_wrong_is_said() {
        let site = Function::<Site>::load().unwrap();
        assert_eq!(ask(&site, "/greet", "{").0, StatusCode::BAD_REQUEST);
        assert_eq!(ask(&site, "/nothing", "").0, StatusCode::NOT_FOUND);
    }
}
