//! Which function an HTTP request goes to.

use shim_testkit::{Shim, json};

use crate::{Toml, serve};

fn orders() -> (Toml, Shim) {
    let toml = Toml::of(&[
        ("find", "returns", "routes = [\"GET /orders/{id}\"]\n"),
        ("files", "returns", "routes = [\"ANY /files/{path+}\"]\n"),
        (
            "mirror",
            "mirror",
            "routes = [\"POST /orders\", \"PUT /orders\"]\n",
        ),
        ("inner", "greet", ""),
    ]);
    let shim = toml.serve().start();
    (toml, shim)
}

#[test]
fn a_request_goes_where_its_route_leads() {
    let (_toml, shim) = orders();
    let event = shim.get("/orders/17%2F4?a=1&a=2").expect_status(200).json();
    assert_eq!(event["routeKey"], "GET /orders/{id}");
    assert_eq!(event["pathParameters"]["id"], "17/4");
    assert_eq!(event["queryStringParameters"]["a"], "1,2");
    let event = shim.request("DELETE", "/files/a/b.txt", "", b"");
    let event = event.expect_status(200).json();
    assert_eq!(event["pathParameters"], json!({ "path": "a/b.txt" }));
    // A web handler gets the request as it came.
    let said = shim.post("/orders", "body").expect_status(200).json();
    assert_eq!(
        (&said["path"], &said["body"]),
        (&json!("/orders"), &json!("body"))
    );
    shim.invoke("find").body("[7]").send().expect_body("[7]");
    shim.invoke("inner")
        .body(r#"{"name":"you"}"#)
        .send()
        .expect_success();
}

#[test]
fn what_no_route_takes_is_not_found() {
    let (_toml, shim) = orders();
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/orders"),
        ("POST", "/orders/7"),
        ("GET", "/inner"),
        ("GET", "/orders/7/lines"),
    ] {
        let response = shim.request(method, path, "", b"");
        response
            .expect_status(404)
            .expect_header("content-type", "application/json");
        assert!(response.header("x-request-id").is_some(), "{response:?}");
    }
}

#[test]
fn the_default_route_takes_the_rest() {
    let toml = Toml::of(&[
        ("one", "returns", "routes = [\"GET /one\"]\n"),
        ("rest", "returns", "routes = [\"$default\"]\n"),
    ]);
    let shim = toml.serve().start();
    let key = |path: &str| shim.get(path).expect_status(200).json()["routeKey"].clone();
    assert_eq!(key("/one"), "GET /one");
    assert_eq!(key("/two"), "$default");
}

#[test]
fn the_health_check_is_no_functions() {
    let shim = serve("mirror").arg("--health-path", "/up").start();
    shim.get("/up").expect_status(200);
    let head = shim.request("HEAD", "/up", "", b"");
    head.expect_status(200).expect_body("");
    let said = shim.post("/up", "").expect_status(200).json();
    assert_eq!(said["path"], "/up");
    let said = shim.get("/up/there").expect_status(200).json();
    assert_eq!(said["path"], "/up/there");
}

#[test]
fn pages_of_other_origins_are_answered() {
    let shim = serve("mirror")
        .arg("--cors-origins", "https://shop.example,https://b.example")
        .arg("--cors-methods", "GET,PUT")
        .arg("--cors-headers", "x-token")
        .arg("--cors-expose", "x-total")
        .arg("--cors-max-age", "10m")
        .start();
    let preflight = |origin: &str| {
        let headers = format!(
            "origin: {origin}\r\naccess-control-request-method: PUT\r\n\
             access-control-request-headers: x-token\r\n"
        );
        shim.request("OPTIONS", "/orders", &headers, b"")
    };
    preflight("https://shop.example")
        .expect_status(204)
        .expect_header("access-control-allow-origin", "https://shop.example")
        .expect_header("access-control-allow-headers", "x-token")
        .expect_header("access-control-max-age", "600");
    preflight("https://evil.example")
        .expect_status(204)
        .expect_no_header("access-control-allow-origin");
    // The function has not seen any of these.
    let origin = "origin: https://b.example\r\n";
    let response = shim.request("GET", "/orders", origin, b"");
    response
        .expect_status(200)
        .expect_header("access-control-allow-origin", "https://b.example")
        .expect_header("access-control-expose-headers", "x-total");
    assert_eq!(response.json()["method"], "GET");
    // A plain OPTIONS is the function's.
    let plain = shim.request("OPTIONS", "/orders", "", b"");
    assert_eq!(plain.expect_status(200).json()["method"], "OPTIONS");
    shim.stop();
    let logs = shim.logs();
    let lines = logs.iter().filter(|log| log.is_invocation());
    assert_eq!(lines.count(), 2, "{}", shim.said());
}
