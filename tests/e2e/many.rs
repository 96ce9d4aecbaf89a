//! Very many at once.

use shim_testkit::{Connection, json};

use crate::serve;

const MANY: usize = 2000;

/// Each waits in its handler until all are there, so all run at once; each gets its own answer.
#[test]
fn thousands_run_at_once_and_no_answer_is_mixed_up() {
    let shim = serve("meets").start();
    let body = |id: usize| json!({ "id": format!("caller {id}"), "all": MANY }).to_string();
    let mut connections: Vec<_> = (0..MANY).map(|_| shim.connect()).collect();
    for (id, connection) in connections.iter_mut().enumerate() {
        let headers = format!("x-request-id: {id}\r\n");
        connection.send_request("POST", "/", &headers, body(id).as_bytes());
    }
    for (id, connection) in connections.iter_mut().enumerate() {
        connection
            .response()
            .expect_status(200)
            .expect_header("x-request-id", &id.to_string())
            .expect_json(&json!({ "id": format!("caller {id}") }));
    }
    shim.stop();
}

/// Long and short bodies through many connections, over and over.
#[test]
fn bodies_are_not_mixed_up_either() {
    let shim = serve("echo").start();
    let body = |id: usize, round: usize| {
        let text = format!("{id}/{round};");
        text.repeat(1 + (id * 37 + round * 101) % 3000).into_bytes()
    };
    let mut connections: Vec<_> = (0..50).map(|_| shim.connect()).collect();
    for round in 0..10 {
        for (id, connection) in connections.iter_mut().enumerate() {
            connection.send_request("POST", "/", "", &body(id, round));
        }
        let answers: Vec<_> = connections.iter_mut().map(Connection::response).collect();
        for (id, answer) in answers.iter().enumerate() {
            answer.expect_status(200).expect_body(body(id, round));
        }
    }
}
