//! What requests meet while it builds, and when it does not.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use shim_testkit::eventually;

use super::{BROKEN, Folder, says, until_said, until_told};

#[test]
fn until_it_builds_requests_get_the_errors() {
    let folder = Folder::of("dev_first", "one");
    folder.write("src/lib.rs", BROKEN);
    let shim = folder.dev().arg("--health-path", "/healthy").start();
    let text = shim.get("/any");
    text.expect_status(503)
        .expect_header("x-shim-build", "failed")
        .expect_header("content-type", "text/plain; charset=utf-8");
    assert!(
        text.text().contains("cannot find value `unknown_word`"),
        "{text:?}"
    );
    let json = shim.request("GET", "/any", "accept: application/json\r\n", b"");
    json.expect_error(503, "Build.Failed");
    assert!(json.error_message().contains("unknown_word"), "{json:?}");
    shim.get("/healthy").expect_status(200);

    let invoked = shim.invoke("function").send();
    invoked.expect_function_error("Build.Failed");
    assert!(
        invoked.error_message().contains("unknown_word"),
        "{invoked:?}"
    );
    let frames = shim.invoke_stream("function").send().frames();
    let completion = frames.last().unwrap().completion();
    assert_eq!(completion["ErrorCode"], "Unhandled");
    assert!(
        completion["ErrorDetails"]
            .to_string()
            .contains("unknown_word")
    );
    shim.invoke("function")
        .kind("Event")
        .send()
        .expect_api_error(503, "ServiceUnavailableException", "could not be built");
    until_told(&shim, "failed: requests get the errors until it builds", 1);

    folder.write("src/lib.rs", &says("one"));
    eventually("it is not served", || {
        (shim.post("/", "null").body() == b"\"one\"").then_some(())
    });
    shim.stop();
}

#[test]
fn with_wait_a_failed_build_answers_for_the_one_before() {
    let folder = Folder::of("dev_wait", "one");
    let shim = folder.dev().word("--wait").start();
    until_said(&shim, "one");
    folder.write("src/lib.rs", BROKEN);
    eventually("the errors are not served", || {
        let response = shim.post("/", "null");
        match response.status() {
            503 => {
                assert!(response.text().contains("unknown_word"));
                Some(())
            }
            _ => {
                response.expect_status(200).expect_body("\"one\"");
                None
            }
        }
    });
    folder.write("src/lib.rs", &says("two"));
    eventually("it is not served", || {
        let response = shim.post("/", "null");
        match response.status() {
            503 => None,
            _ => Some(response.expect_status(200).expect_body("\"two\"").status()),
        }
    });
    shim.stop();
}

#[test]
fn no_request_fails_during_a_swap() {
    let folder = Folder::of("dev_load", "0");
    let shim = folder.dev().start();
    until_said(&shim, "0");
    let (done, seen) = (AtomicBool::new(false), AtomicUsize::new(0));
    let client = || {
        let mut connection = shim.connect();
        while !done.load(Ordering::SeqCst) {
            for _ in 0..20 {
                connection.send_request("POST", "/", "", b"null");
                connection.response().expect_status(200);
                seen.fetch_add(1, Ordering::SeqCst);
            }
            connection = shim.connect();
        }
    };
    thread::scope(|scope| {
        // Also if something below fails.
        struct Done<'a>(&'a AtomicBool);
        impl Drop for Done<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::SeqCst);
            }
        }
        let end = Done(&done);
        let clients = [(); 3].map(|()| scope.spawn(client));
        for round in 1..=3 {
            folder.write("src/lib.rs", &says(&round.to_string()));
            until_said(&shim, &round.to_string());
        }
        drop(end);
        for client in clients {
            client.join().unwrap();
        }
    });
    assert!(seen.load(Ordering::SeqCst) > 100);
    shim.stop();
}
