//! A Runtime API that misbehaves: connections that end, answers that are none.

use std::time::Duration;

use shim_testkit::runtime_api::{Answer, Endpoint, Event};

use super::handler;

/// The exit code when the Runtime API is gone.
const GONE: i32 = 69;

/// The exit code when it says what it should not.
const NONSENSE: i32 = 70;

/// Each way to end a connection without an answer.
fn endings() -> [Answer; 2] {
    [Answer::hang_up(), Answer::reset()]
}

#[test]
fn a_connection_that_ends_while_an_event_is_awaited_is_made_again() {
    for ending in endings() {
        let function = handler("echo").start();
        function.wait_for_idle(1);
        function.script(Endpoint::Next, ending.clone());
        function.invoke("1").expect_response("1");
        function.script(Endpoint::Next, ending);
        function.invoke("2").expect_response("2");
        assert_eq!(function.connections(), 3);
    }
}

#[test]
fn a_connection_that_ends_behind_an_answer_is_made_again() {
    let function = handler("echo").start();
    for _ in 0..3 {
        // Without a word.
        let event = Event::new("1");
        let id = event.request_id();
        function.script(Endpoint::Next, event.into_answer().closing());
        function.outcome(&id).expect_response("1");
        // With one.
        let event = Event::new("2");
        let id = event.request_id();
        let answer = event.into_answer().header("Connection", "close").closing();
        function.script(Endpoint::Next, answer);
        function.outcome(&id).expect_response("2");
        function.script(Endpoint::Response, Answer::accepted().resetting());
        function.invoke("3").expect_response("3");
    }
}

#[test]
fn an_answer_whose_connection_ends_is_sent_again() {
    for ending in endings() {
        let function = handler("echo").start();
        function.script(Endpoint::Response, ending);
        let id = function.send("1");
        function.invoke("2").expect_response("2");
        let all = function.received();
        let of_it = all
            .iter()
            .filter(|request| request.request_id() == Some(&id));
        let of_it: Vec<_> = of_it.collect();
        let [lost, again] = of_it[..] else {
            panic!("{of_it:#?}");
        };
        assert_eq!(lost.body(), again.body());
        assert_ne!(lost.connection(), again.connection());
    }
}

#[test]
fn a_runtime_api_that_only_hangs_up_ends_the_process() {
    for ending in endings() {
        let function = handler("echo").start();
        function.wait_for_idle(1);
        for _ in 0..50 {
            function.script(Endpoint::Next, ending.clone());
        }
        assert_eq!(function.wait_exit(), GONE, "{}", function.process().said());
        let asked = function.count(Endpoint::Next);
        assert!((3..20).contains(&asked), "{asked} times");
        let address = function.address().to_string();
        let said = function.process().stderr();
        assert!(said.contains(&address), "{said}");
    }
}

#[test]
fn an_event_that_breaks_off_is_not_run() {
    let function = handler("echo").start();
    let event = Event::new(format!("\"{}\"", "x".repeat(10_000)));
    let id = event.request_id();
    function.script(Endpoint::Next, event.into_answer().cut_after(5000));
    assert_eq!(function.wait_exit(), GONE, "{}", function.process().said());
    let mut received = function.received().into_iter();
    assert!(received.all(|request| request.request_id() != Some(&id)));
}

#[test]
fn an_answer_that_is_none_ends_the_process() {
    for bytes in [
        &b"nonsense\r\n\r\n"[..],
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nLambda-Runtime-Aws-Request-Id: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nLambda-Runtime-Aws-Request-Id: 1\r\n\r\nxyz\r\n",
        b"\x16\x03\x01\x00\x01\x02",
    ] {
        let function = handler("echo").start();
        function.script(Endpoint::Next, Answer::raw(bytes));
        let code = function.wait_exit();
        let shown = String::from_utf8_lossy(bytes);
        assert!([GONE, NONSENSE].contains(&code), "{shown}: {}", function.process().said());
        assert_eq!(function.count(Endpoint::Response) + function.count(Endpoint::Error), 0);
        let said = function.process().stderr();
        assert!(said.contains("Runtime API") && !said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_head_without_end_ends_the_process() {
    let function = handler("echo").start();
    let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
    for number in 0..200_000 {
        bytes.extend_from_slice(format!("x-{number}: y\r\n").as_bytes());
    }
    function.script(Endpoint::Next, Answer::raw(bytes));
    assert_eq!(
        function.wait_exit(),
        NONSENSE,
        "{}",
        function.process().said()
    );
}

#[test]
fn an_event_without_a_request_id_cannot_be_answered() {
    let function = handler("echo").start();
    function.script(
        Endpoint::Next,
        Event::new("1").without("Lambda-Runtime-Aws-Request-Id"),
    );
    assert_eq!(function.wait_exit(), NONSENSE);
    let said = function.process().stderr();
    assert!(said.contains("Lambda-Runtime-Aws-Request-Id"), "{said}");
}

#[test]
fn all_other_headers_may_be_missing() {
    let function = handler("dump").start();
    let event = Event::new("{}")
        .without("Lambda-Runtime-Deadline-Ms")
        .without("Lambda-Runtime-Invoked-Function-Arn")
        .without("Content-Type");
    let known = function.invoke(event).json();
    for missing in ["deadline", "remaining_ms", "function_arn"] {
        assert!(known[missing].is_null(), "{missing} in {known:#}");
    }
    let event = Event::new("{}").header("Lambda-Runtime-Deadline-Ms", "soon");
    assert!(function.invoke(event).json()["deadline"].is_null());
}

#[test]
fn slow_answers_are_waited_for() {
    let function = handler("echo").start();
    let event = Event::new("[1,2,3]");
    let id = event.request_id();
    let answer = event.into_answer().slowly(3, Duration::from_millis(1));
    function.script(Endpoint::Next, answer);
    function.outcome(&id).expect_response("[1,2,3]");
    let event = Event::new("[1,2,3]");
    let id = event.request_id();
    let answer = event
        .into_answer()
        .chunked(2)
        .slowly(1, Duration::from_millis(1));
    function.script(Endpoint::Next, answer);
    function.outcome(&id).expect_response("[1,2,3]");
    let (answer, key) = Answer::accepted().held();
    function.script(Endpoint::Response, answer);
    function.invoke("4").expect_response("4");
    // It waits for the verdict before it asks for more.
    let asked = function.count(Endpoint::Next);
    key.open();
    function.invoke("5").expect_response("5");
    assert_eq!(asked, 3);
}

#[test]
fn interim_answers_are_passed_over() {
    let function = handler("echo").start();
    let event = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nx: y\r\n\r\n\
                 HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: interim\r\n\
                 Lambda-Runtime-Deadline-Ms: 4102444800000\r\nContent-Length: 1\r\n\r\n7";
    function.script(Endpoint::Next, Answer::raw(event));
    function.outcome("interim").expect_response("7");
}

#[test]
fn a_body_may_end_with_its_connection() {
    let function = handler("echo").start();
    let event = "HTTP/1.0 200 OK\r\nLambda-Runtime-Aws-Request-Id: old\r\n\r\n[7]";
    function.script(Endpoint::Next, Answer::raw(event));
    function.outcome("old").expect_response("[7]");
    function.invoke("8");
}
