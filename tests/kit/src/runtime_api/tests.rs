//! The server itself, spoken to by hand.

use std::io::{BufReader, Read as _, Write as _};
use std::net::TcpStream;

use super::{Answer, Endpoint, Event, RuntimeApi};
use crate::wire;

const NEXT: &str = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n";

struct Client(BufReader<TcpStream>);

impl Client {
    fn of(api: &RuntimeApi) -> Self {
        Self(BufReader::new(TcpStream::connect(api.address()).unwrap()))
    }

    fn send(&mut self, text: &str) -> &mut Self {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
        self
    }

    fn post(&mut self, path: &str, rest: &str) -> (u16, String) {
        self.send(&format!(
            "POST /2018-06-01/runtime/{path} HTTP/1.1\r\n{rest}"
        ));
        self.answer()
    }

    fn answer(&mut self) -> (u16, String) {
        let head = wire::head(&mut self.0).unwrap();
        let body = wire::body(&mut self.0, head.length("POST")).unwrap();
        (head.status, String::from_utf8(body).unwrap())
    }
}

#[test]
fn an_event_is_delivered_and_its_response_accepted_once() {
    let api = RuntimeApi::new();
    let mut client = Client::of(&api);
    client.send(NEXT);
    api.wait_for_idle(1);
    let id = api.send(Event::new("7").header("Lambda-Runtime-Aws-Tenant-Id", "blue"));
    assert_eq!(client.answer(), (200, "7".to_owned()));
    let path = format!("invocation/{id}/response");
    let rest = "Content-Length: 2\r\n\r\n14";
    assert_eq!(
        client.post(&path, rest),
        (202, r#"{"status":"OK"}"#.to_owned())
    );
    api.outcome(&id).expect_response("14");
    assert_eq!(client.post(&path, rest).0, 400);
    assert_eq!(api.connections(), 1);
}

#[test]
fn chunks_and_trailers_are_on_record() {
    let api = RuntimeApi::new();
    let mut client = Client::of(&api);
    api.script(Endpoint::Response, Answer::status(410));
    let rest = "Transfer-Encoding: chunked\r\nTrailer: a, b\r\n\r\n\
                3\r\none\r\n4\r\n two\r\n0\r\nA: 1\r\nB: 2\r\n\r\n";
    assert_eq!(client.post("invocation/i/response", rest).0, 410);
    let request = api.outcome("i");
    request.expect_response("one two");
    assert_eq!(request.chunks(), [3, 4]);
    assert_eq!(
        (request.trailer("a"), request.trailer("b")),
        (Some("1"), Some("2"))
    );
}

#[test]
fn a_request_that_breaks_off_is_on_record_as_that() {
    let api = RuntimeApi::new();
    let mut client = Client::of(&api);
    client.send("POST /2018-06-01/runtime/init/error HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf");
    drop(client);
    api.wait_for("a broken request", |request| request.is_broken());
}

#[test]
fn answers_misbehave_as_they_are_told_to() {
    let api = RuntimeApi::new();
    let said_to = |answer: Answer| {
        api.script(Endpoint::Next, answer);
        let mut said = String::new();
        let ended = Client::of(&api).send(NEXT).0.read_to_string(&mut said);
        (said, ended.map_err(|error| error.kind()).map(drop))
    };
    assert_eq!(said_to(Answer::hang_up()), (String::new(), Ok(())));
    let (_, ended) = said_to(Answer::reset());
    assert_eq!(ended, Err(std::io::ErrorKind::ConnectionReset));
    assert_eq!(said_to(Answer::raw("nonsense")).0, "nonsense");
    let answer = || Answer::status(200).body("twelve bytes");
    assert!(
        said_to(answer().closing())
            .0
            .ends_with("\r\n\r\ntwelve bytes")
    );
    assert_eq!(said_to(answer().cut_after(10)).0, "HTTP/1.1 2");
    let (chunked, _) = said_to(answer().chunked(7).closing());
    assert!(
        chunked.ends_with("7\r\ntwelve \r\n5\r\nbytes\r\n0\r\n\r\n"),
        "{chunked}"
    );
}

#[test]
fn an_answer_waits_for_its_key() {
    let api = RuntimeApi::new();
    let (answer, key) = Answer::accepted().held();
    api.script(Endpoint::InitError, answer);
    let mut client = Client::of(&api);
    client.send("POST /2018-06-01/runtime/init/error HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    api.request(Endpoint::InitError);
    key.open();
    assert_eq!(client.answer().0, 202);
}
