//! The web handler: the shop over HTTP.

use std::sync::LazyLock;

use plugin_api::http::{Method, Request, Response, StatusCode, header};
use plugin_api::{Body, Error, handler};
use serde::Serialize;

use crate::catalogue::{Catalogue, DEFAULT};

const USAGE: &str = "A small shop.\n\n  GET  /items   what is on sale\n  POST /quote   what an order costs: {\"items\":{\"coffee\":2}}\n";

static CATALOGUE: LazyLock<Result<Catalogue, String>> =
    LazyLock::new(|| Catalogue::parse(DEFAULT).map_err(|error| error.to_string()));

/// The shop over HTTP: `GET /items`, `POST /quote`.
#[handler]
pub(crate) async fn handler(request: Request<Body>) -> Result<Response<Body>, Error> {
    let catalogue = CATALOGUE
        .as_ref()
        .map_err(|error| Error::new("BadCatalogue", error))?;
    match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/") => Ok(Response::new(USAGE.into())),
        (&Method::GET | &Method::HEAD, "/items") => json(StatusCode::OK, catalogue),
        (&Method::POST, "/quote") => {
            let order = match request.into_body().json().await {
                Ok(order) => order,
                Err(error) => return refusal(StatusCode::BAD_REQUEST, &error),
            };
            match catalogue.quote(&order) {
                Ok(quote) => json(StatusCode::OK, &quote),
                Err(error) => refusal(StatusCode::UNPROCESSABLE_ENTITY, &error.into()),
            }
        }
        (_, "/" | "/items" | "/quote") => refusal(
            StatusCode::METHOD_NOT_ALLOWED,
            &Error::new("MethodNotAllowed", request.method()),
        ),
        (_, path) => refusal(StatusCode::NOT_FOUND, &Error::new("NotFound", path)),
    }
}

fn json(status: StatusCode, value: &impl Serialize) -> Result<Response<Body>, Error> {
    let body = serde_json::to_vec(value)?;
    let response = Response::builder().status(status);
    Ok(response
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())?)
}

fn refusal(status: StatusCode, error: &Error) -> Result<Response<Body>, Error> {
    tracing::warn!(
        status = status.as_u16(),
        error_type = error.name(),
        "refused: {error}"
    );
    json(
        status,
        &serde_json::json!({ "error": error.name(), "message": error.to_string() }),
    )
}

#[cfg(test)]
mod tests {
    use plugin_api::http::{Request, StatusCode};
    use plugin_api::testing::Function;

    use super::handler;

    fn ask(method: &str, path: &str, body: &'static str) -> (StatusCode, serde_json::Value) {
        let function = Function::<handler>::load().unwrap();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(body)
            .unwrap();
        let response = function.request(request).unwrap();
        let json = serde_json::from_slice(response.body()).unwrap_or_default();
        (response.status(), json)
    }

    #[test]
    fn an_order_is_quoted() {
        let (status, quote) = ask("POST", "/quote", r#"{"items":{"coffee":1}}"#);
        assert_eq!((status, &quote["total"]), (StatusCode::OK, &890.into()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let (status, error) = ask("POST", "/quote", r#"{"items":{"tea":1}}"#);
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(error["error"], "UnknownItem");
        assert_eq!(ask("POST", "/quote", "{").0, StatusCode::BAD_REQUEST);
        assert_eq!(ask("PUT", "/items", "").0, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(ask("GET", "/nothing", "").0, StatusCode::NOT_FOUND);
    }
}
