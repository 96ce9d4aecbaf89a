//! HTTP/2 without TLS, on the same port.

use shim_testkit::json;

use crate::{Gate, serve};

#[test]
fn it_is_spoken_on_the_same_port() {
    let shim = serve("mirror").start();
    let http2 = shim.http2();
    let said = http2
        .request("PUT", "/a?b=c", b"the body")
        .expect_status(200)
        .json();
    assert_eq!(
        (&said["method"], &said["path"]),
        (&json!("PUT"), &json!("/a"))
    );
    assert_eq!(
        (&said["query"], &said["body"]),
        (&json!("b=c"), &json!("the body"))
    );
    assert_eq!(
        shim.get("/").expect_status(200).json()["version"],
        "HTTP/1.1"
    );
}

#[test]
fn the_authority_is_known_to_the_handler() {
    let shim = serve("mirror").start();
    let said = shim
        .http2()
        .request("GET", "/x", b"")
        .expect_status(200)
        .json();
    let in_uri = said["uri"].as_str().unwrap().contains("shim");
    let in_host = said["headers"]
        .as_array()
        .unwrap()
        .contains(&json!(["host", "shim"]));
    assert!(in_uri || in_host, "{said}");
}

#[test]
fn many_requests_share_a_connection() {
    let shim = serve("meets").start();
    let http2 = shim.http2();
    let begun: Vec<_> = (0..100)
        .map(|id| {
            let body = json!({ "id": format!("caller {id}"), "all": 100 }).to_string();
            http2.begin("POST", "/", body.as_bytes())
        })
        .collect();
    for (id, response) in begun.into_iter().enumerate() {
        let expected = json!({ "id": format!("caller {id}") });
        http2
            .finish(response)
            .expect_status(200)
            .expect_json(&expected);
    }
}

#[test]
fn long_bodies_flow_both_ways() {
    let shim = serve("echo").start();
    let body: Vec<u8> = (0..3_000_000_u32).map(|number| number as u8).collect();
    shim.http2()
        .request("POST", "/", &body)
        .expect_status(200)
        .expect_body(&body);
    let shim = serve("streams").start();
    let pieces = shim.http2().request("GET", "/pieces?n=3", b"");
    pieces
        .expect_status(200)
        .expect_body("piece 0;piece 1;piece 2;");
}

#[test]
fn errors_and_limits_are_the_same() {
    let shim = serve("mirror").arg("--max-body", "10").start();
    let http2 = shim.http2();
    http2
        .request("POST", "/", b"longer than ten")
        .expect_error(413, "Request.TooLarge");
    // The connection goes on: only the stream has ended.
    http2.request("POST", "/", b"short").expect_status(200);
    let shim = serve("panics").start();
    let http2 = shim.http2();
    http2
        .request("POST", "/", br#"{"how":"text"}"#)
        .expect_error(500, "Runtime.Panic");
    http2
        .request("POST", "/", br#"{"how":"no"}"#)
        .expect_status(200);
}

#[test]
fn head_has_no_body() {
    let shim = serve("answers").start();
    shim.http2()
        .request("HEAD", "/", b"")
        .expect_status(200)
        .expect_header("content-length", "12")
        .expect_body("");
}

#[test]
fn a_stream_that_is_reset_cancels_its_invocation() {
    let never = Gate::new();
    let shim = serve("sleeps").start();
    let http2 = shim.http2();
    let left = http2.begin("POST", "/", never.event().as_bytes());
    shim.wait_for_message("sleeping");
    drop(left);
    let dropped = shim.wait_for_message("sleeper dropped");
    assert_eq!(dropped["slept"], false);
    http2
        .request("POST", "/", br#"{"ms":1}"#)
        .expect_status(200);
}
