//! The client against a server that sends exactly these bytes.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use super::{Client, ClientError, Next};
use crate::invocation::{ErrorKind, FunctionError};

/// What the server does with one connection: an answer for each request, then it closes.
type Script = &'static [&'static str];

/// Serves a connection for each script; returns what was asked on all of them.
fn serve(scripts: &'static [Script]) -> (Client, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = listener.local_addr().unwrap().to_string().parse().unwrap();
    let server = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for script in scripts {
            let (mut stream, _) = listener.accept().unwrap();
            for answer in *script {
                asked.push(request(&mut stream));
                stream.write_all(answer.as_bytes()).unwrap();
            }
        }
        asked
    });
    (Client::new(endpoint), server)
}

/// Reads a request: up to its end in chunks, or as long as it says.
fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut byte = [0];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let whole = match (length, head.contains("chunked")) {
                (Some(length), _) => body.len() >= length.parse().unwrap(),
                (None, true) => body.contains("0\r\n") && body.ends_with("\r\n\r\n"),
                (None, false) => true,
            };
            if whole {
                return text;
            }
        }
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "{text}");
        text.push(byte[0].into());
    }
}

const NEXT: &str = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: r1\r\n\
                    Lambda-Runtime-Deadline-Ms: 1500\r\nLambda-Runtime-Client-Context: \r\n\
                    Lambda-Runtime-Invocation-Id: i1\r\nContent-Length: 2\r\n\r\n{}";
const TAKEN: &str = "HTTP/1.1 202 Accepted\r\nContent-Length: 15\r\n\r\n{\"status\":\"OK\"}";

fn invocation(client: &mut Client) -> Next {
    client.next_invocation().unwrap()
}

#[test]
fn one_connection_serves_many_invocations() {
    let (mut client, server) = serve(&[&[NEXT, TAKEN, NEXT, TAKEN]]);
    for _ in 0..2 {
        let next = invocation(&mut client);
        assert_eq!((&*next.id, &next.event[..]), ("r1", &b"{}"[..]));
        assert_eq!(next.client_context, None);
        assert_eq!(next.invocation_id.as_deref(), Some("i1"));
        client.respond(&next, b"[1]").unwrap();
    }
    let asked = server.join().unwrap();
    assert!(asked[0].starts_with("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: 127"));
    assert!(asked[1].starts_with("POST /2018-06-01/runtime/invocation/r1/response HTTP/1.1\r\n"));
    assert!(asked[1].contains("\r\nlambda-runtime-invocation-id: i1\r\n"));
    assert!(asked[1].ends_with("content-length: 3\r\n\r\n[1]"));
}

#[test]
fn a_connection_that_was_closed_is_made_again() {
    let (mut client, server) = serve(&[&[NEXT], &[TAKEN], &[NEXT]]);
    let next = invocation(&mut client);
    client.respond(&next, b"1").unwrap();
    invocation(&mut client);
    assert_eq!(server.join().unwrap().len(), 3);
}

#[test]
fn an_event_may_come_in_chunks_and_behind_an_interim_response() {
    let (mut client, server) = serve(&[&["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\
        lambda-runtime-aws-request-id: r\r\ntransfer-encoding: chunked\r\n\r\n\
        3;x=y\r\n[1,\r\n2\r\n2]\r\n0\r\na: b\r\n\r\n"]]);
    assert_eq!(&invocation(&mut client).event[..], b"[1,2]");
    server.join().unwrap();
}

#[test]
fn a_stream_ends_with_trailers_when_it_fails() {
    let (mut client, server) = serve(&[&[NEXT, TAKEN]]);
    let next = invocation(&mut client);
    let mut stream = client.stream(&next, "text/plain").unwrap();
    stream.chunk(b"").unwrap();
    stream.chunk(b"hello").unwrap();
    let error = FunctionError::new(ErrorKind::Handler, "Broken", "it is");
    stream.finish(Some(&error)).unwrap();
    let asked = server.join().unwrap().remove(1);
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("\r\nlambda-runtime-function-response-mode: streaming\r\n"));
    assert!(head.contains("\r\ntrailer: lambda-runtime-function-error-type\r\n"));
    assert_eq!(
        body,
        "5\r\nhello\r\n0\r\nlambda-runtime-function-error-type: Function.Broken\r\n\
         lambda-runtime-function-error-body: \
         eyJlcnJvclR5cGUiOiJCcm9rZW4iLCJlcnJvck1lc3NhZ2UiOiJpdCBpcyJ9\r\n\r\n"
    );
}

#[test]
fn an_answer_that_is_not_taken_is_told_with_what_was_said() {
    let refusals: &'static [Script] = &[&[
        NEXT,
        "HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge",
        "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
    ]];
    let (mut client, server) = serve(refusals);
    let next = invocation(&mut client);
    let error = client.respond(&next, b"1").unwrap_err();
    assert!(!error.is_fatal());
    assert_eq!(
        error.to_string(),
        "the Runtime API answered POST /2018-06-01/runtime/invocation/r1/response with 413: large"
    );
    assert!(client.respond(&next, b"1").unwrap_err().is_fatal());
    server.join().unwrap();
}

#[test]
fn what_is_no_invocation_is_told() {
    let odd: &'static [Script] = &[
        &["HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"],
        &["SSH-2.0-OpenSSH\r\n\r\n"],
        &["HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n"],
        &["HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: r\r\ncontent-length: 5\r\n\r\n{}"],
    ];
    let (mut client, server) = serve(odd);
    let mut errors = Vec::new();
    for _ in odd {
        let error = client.next_invocation().unwrap_err();
        assert!(error.is_fatal());
        errors.push(error);
        // The next script is for a connection of its own.
        client = Client::new(client.0.endpoint().clone());
    }
    assert!(
        matches!(errors[0], ClientError::Missing { .. }),
        "{errors:?}"
    );
    assert!(matches!(errors[1], ClientError::NotHttp(_)), "{errors:?}");
    assert!(
        matches!(errors[2], ClientError::TooLarge { .. }),
        "{errors:?}"
    );
    assert!(matches!(errors[3], ClientError::Lost { .. }), "{errors:?}");
    server.join().unwrap();
}

#[test]
fn a_long_error_fits_into_the_trailers_that_servers_read() {
    let (mut client, server) = serve(&[&[NEXT, TAKEN]]);
    let next = invocation(&mut client);
    let mut stream = client.stream(&next, "text/plain").unwrap();
    stream.chunk(b"hello").unwrap();
    let mut error = FunctionError::new(ErrorKind::Panic, "A".repeat(150), "boom ".repeat(5000));
    error.stack_trace = vec!["a::function::of::some::library".to_owned(); 300];
    stream.finish(Some(&error)).unwrap();
    let asked = server.join().unwrap().remove(1);
    let (_, trailers) = asked.split_once("\r\nhello\r\n").unwrap();
    assert!(trailers.len() <= 4096, "{}", trailers.len());
}
