//! Handlers that are tower services: an axum router over the real binary.

use shim_testkit::{Command, json, plugin};

use crate::shim;

/// Serves a handler of the plugin whose handlers are services.
fn serve(handler: &str) -> Command {
    shim().serve(plugin("fixture-axum")).handler(handler)
}

#[test]
fn a_router_finds_its_routes_and_reads_their_paths() {
    let shim = serve("shop").start();
    shim.get("/")
        .expect_status(200)
        .expect_header("content-length", "7")
        .expect_body("welcome");
    shim.get("/items/flat%20white?size=2")
        .expect_status(200)
        .expect_header("content-type", "application/json")
        .expect_json(&json!({ "item": "flat white", "price": 890 }));
    let order = json!({ "coffee": 2 });
    let headers = "content-type: application/json\r\n";
    let body = order.to_string();
    shim.request("POST", "/orders", headers, body.as_bytes())
        .expect_status(201)
        .expect_json(&order);
    shim.http2()
        .request("GET", "/items/tea", b"")
        .expect_status(200);
}

#[test]
fn what_the_router_refuses_is_its_own_answer() {
    let shim = serve("shop").start();
    shim.get("/nowhere").expect_status(404).expect_body("");
    shim.post("/items/tea", "")
        .expect_status(405)
        .expect_header("allow", "GET,HEAD");
    shim.post("/orders", "{}").expect_status(415);
    shim.stop();
    let errors = shim.logs().into_iter().filter(|log| log.level() == "ERROR");
    assert_eq!(errors.count(), 0, "{}", shim.said());
}

#[test]
fn head_is_answered_with_the_length() {
    let shim = serve("shop").start();
    let mut connection = shim.connect();
    connection
        .request("HEAD", "/", "", b"")
        .expect_status(200)
        .expect_header("content-length", "7")
        .expect_body("");
    connection.get("/").expect_body("welcome");
}

#[test]
fn the_context_is_an_extension_of_the_request() {
    let shim = serve("shop").arg("--timeout", "20s").start();
    shim.request("GET", "/context", "x-request-id: mine\r\n", b"")
        .expect_status(200)
        .expect_json(&json!({ "request_id": "mine", "function": "shop", "has_deadline": true }));
}

#[test]
fn the_service_is_made_once_from_the_settings() {
    let shim = serve("shop").var("PRICE", "350").start();
    for _ in 0..3 {
        assert_eq!(shim.get("/items/tea").json()["price"], 350);
    }
    shim.stop();
    let opened = shim
        .logs()
        .iter()
        .filter(|log| log.says("shop opens"))
        .count();
    assert_eq!(opened, 1, "{}", shim.said());
}

#[test]
fn a_service_that_cannot_be_made_refuses_the_plugin() {
    serve("shop")
        .var("PRICE", "much")
        .run()
        .expect_code(65)
        .expect_stderr("init of handler `shop`")
        .expect_stderr("ParseIntError: invalid digit found in string");
}

#[test]
fn a_response_comes_in_pieces() {
    let shim = serve("shop").start();
    let mut connection = shim.connect();
    for _ in 0..3 {
        connection
            .get("/pieces/3")
            .expect_status(200)
            .expect_header("transfer-encoding", "chunked")
            .expect_body("piece 0;piece 1;piece 2;");
    }
}

#[test]
fn both_directions_flow_at_once() {
    let shim = serve("shop").start();
    let mut connection = shim.connect();
    connection.send_request("POST", "/duplex", "transfer-encoding: chunked\r\n", b"");
    connection.send_chunk(b"0");
    connection.head().expect_status(200);
    assert_eq!(connection.chunk().unwrap().unwrap(), b"0");
    for number in 1..20 {
        let piece = format!("piece {number}").into_bytes();
        connection.send_chunk(&piece);
        assert_eq!(connection.chunk().unwrap().unwrap(), piece);
    }
    connection.send_chunk(b"");
    assert_eq!(connection.chunk().unwrap(), None);
}

#[test]
fn a_panic_in_a_route_is_an_error_and_the_next_request_is_served() {
    let shim = serve("shop").start();
    let mut connection = shim.connect();
    for _ in 0..3 {
        let failed = connection.get("/panics");
        failed.expect_error(500, "Runtime.Panic");
        assert_eq!(failed.error_message(), "the till is jammed");
        let trace = failed.json()["stackTrace"].to_string();
        assert!(trace.contains("fixture_axum::shop::panics"), "{trace}");
        connection
            .get("/")
            .expect_status(200)
            .expect_body("welcome");
    }
}

#[test]
fn a_request_whose_caller_leaves_is_dropped() {
    let shim = serve("shop").start();
    let mut left = shim.connect();
    left.send_request("GET", "/hangs", "", b"");
    shim.wait_for_message("hanging");
    drop(left);
    shim.wait_for_message("hanging request dropped");
    shim.get("/").expect_status(200);
}

#[test]
fn an_error_of_a_service_is_one_of_the_function() {
    let shim = serve("proxy").start();
    shim.get("/any")
        .expect_error(500, "NoUpstream")
        .expect_json(&json!({ "errorType": "NoUpstream", "errorMessage": "/any" }));
}

#[test]
fn a_single_route_is_a_service_too() {
    let shim = serve("one_route").start();
    shim.get("/what/ever")
        .expect_status(200)
        .expect_body("any path");
}

#[test]
fn a_service_is_a_web_handler_without_instances() {
    let found = shim()
        .command()
        .word("inspect")
        .word(plugin("fixture-axum"))
        .run();
    found
        .expect_code(0)
        .expect_stdout("shop (http, async): A shop over HTTP.");
}
