//! Web handlers.

use plugin_api::http::{HeaderValue, Request, Response, StatusCode, header};
use plugin_api::testing::Function;
use plugin_api::{Body, Error, handler};
use serde::Deserialize;

#[derive(Deserialize)]
struct Greeting {
    name: String,
}

/// Sends everything back.
#[handler]
async fn mirror(request: Request<Body>) -> Result<Response<Body>, Error> {
    let (head, body) = request.into_parts();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::IM_A_TEAPOT;
    *response.headers_mut() = head.headers;
    let line = format!("{} {}", head.method, head.uri);
    response.headers_mut().insert("x-line", line.parse()?);
    Ok(response)
}

#[handler]
fn plain_length(request: Request<Body>) -> Result<Response<String>, Error> {
    let whole = request.into_body().blocking_bytes()?;
    Ok(Response::new(whole.len().to_string()))
}

#[handler]
async fn greeting_page(event: Greeting) -> Result<Response<Body>, Error> {
    let page = format!("<h1>{}</h1>", event.name);
    Ok(Response::builder()
        .header(header::CONTENT_TYPE, "text/html")
        .body(page.into())?)
}

#[handler]
async fn json_for_the_web(request: Request<Body>) -> Result<u32, Error> {
    request.into_body().json().await
}

#[test]
fn a_request_comes_and_goes_whole() {
    let function = Function::<mirror>::load().unwrap();
    let binary: Vec<u8> = (0..=255).collect();
    let request = Request::builder()
        .method("PURGE")
        .uri("/a%20b?c=d&c=e")
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .header("x-latin", HeaderValue::from_bytes(b"caf\xe9").unwrap())
        .body(binary.clone())
        .unwrap();
    let response = function.request(request).unwrap();
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(response.headers()["x-line"], "PURGE /a%20b?c=d&c=e");
    let cookies: Vec<_> = response.headers().get_all("cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert_eq!(response.headers()["x-latin"].as_bytes(), b"caf\xe9");
    assert_eq!(response.body(), &binary);
}

#[test]
fn several_cookies_are_several_headers() {
    #[handler]
    async fn set_cookies(_: Request<Body>) -> Response<()> {
        let mut response = Response::new(());
        for cookie in ["a=1; Path=/", "b=2"] {
            let cookie = HeaderValue::from_static(cookie);
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
    let function = Function::<set_cookies>::load().unwrap();
    let response = function.request(Request::new("")).unwrap();
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; Path=/", "b=2"]);
}

#[test]
fn a_plain_function_has_the_whole_body() {
    let function = Function::<plain_length>::load().unwrap();
    let response = function.request(Request::new("four")).unwrap();
    assert_eq!(response.body(), "4");
}

#[test]
fn an_event_may_be_answered_with_a_page() {
    let function = Function::<greeting_page>::load().unwrap();
    let response = function.request(Request::new(r#"{"name":"Ada"}"#)).unwrap();
    assert_eq!(response.headers()["content-type"], "text/html");
    assert_eq!(response.body(), "<h1>Ada</h1>");
}

#[test]
fn a_response_without_a_head_is_no_http_response() {
    let function = Function::<json_for_the_web>::load().unwrap();
    assert_eq!(function.invoke::<u32>(&5).unwrap(), 5);
    let error = function.request(Request::new("5")).unwrap_err();
    assert_eq!(error.name(), "InvalidResponse");
    let error = function.request(Request::new("five")).unwrap_err();
    assert_eq!(error.to_string(), "expected ident at line 1 column 2");
}
