//! Both protocols over TLS, and clients that do not get that far.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::certificates::Pair;
use super::kit::{Alive, Function, GET, Server, millis, soon};
use super::timeouts::Held;
use crate::frontend::App;
use crate::invocation::Body;
use crate::server::{Drained, Limits, Tls};

const HTTP1: &[u8] = b"http/1.1";
const HTTP2: &[u8] = b"h2";

async fn start(tls: Tls, app: impl App, limits: Limits) -> Server {
    Server::start_on(|listener| listener.with_tls(tls), app, limits).await
}

/// Shakes hands as a client that trusts one certificate.
async fn connect(
    server: &Server,
    trusted: &CertificateDer<'static>,
    protocols: &[&[u8]],
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(("127.0.0.1", server.port)).await?;
    let connector = TlsConnector::from(Arc::new(config));
    soon(connector.connect("localhost".try_into().unwrap(), stream)).await
}

fn protocol(stream: &TlsStream<TcpStream>) -> Option<&[u8]> {
    stream.get_ref().1.alpn_protocol()
}

/// Sends a body and gets the response, by the protocol that was agreed upon.
async fn exchange(stream: TlsStream<TcpStream>, body: Bytes) -> (Response<()>, Bytes) {
    let http2 = protocol(&stream) == Some(HTTP2);
    let io = TokioIo::new(stream);
    let request = Request::post("https://localhost/").header("host", "localhost");
    let request = request.body(Full::new(body)).unwrap();
    let response = if http2 {
        let handshake = http2::handshake(TokioExecutor::new(), io).await;
        let (mut sender, connection) = handshake.unwrap();
        tokio::spawn(connection);
        soon(sender.send_request(request)).await
    } else {
        let (mut sender, connection) = http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        soon(sender.send_request(request)).await
    };
    let (parts, body) = response.unwrap().into_parts();
    let body = soon(body.collect()).await.unwrap().to_bytes();
    (Response::from_parts(parts, ()), body)
}

/// Sends back what it gets.
fn echo() -> Function {
    Function::web(|request| async {
        let body = request.into_body();
        let body = body.collect().await.unwrap().to_bytes();
        Ok(Response::new(Body::Full(body)))
    })
}

#[tokio::test]
async fn the_client_chooses_the_protocol() {
    let pair = Pair::new();
    let trusted = pair.issue();
    let app = echo().with(10_000_000, millis(8000));
    let server = start(pair.load().unwrap(), app, Limits::default()).await;
    let large = Bytes::from(vec![b'x'; 3_000_000]);
    let cases: [(&[&[u8]], _, _); 4] = [
        (&[HTTP2, HTTP1], Some(HTTP2), Version::HTTP_2),
        (&[HTTP1, HTTP2], Some(HTTP2), Version::HTTP_2),
        (&[HTTP1], Some(HTTP1), Version::HTTP_11),
        (&[], None, Version::HTTP_11),
    ];
    for (offered, agreed, version) in cases {
        for body in [Bytes::from_static(b"hello"), large.clone()] {
            let stream = connect(&server, &trusted, offered).await.unwrap();
            assert_eq!(protocol(&stream), agreed);
            let (response, echoed) = exchange(stream, body.clone()).await;
            assert_eq!(response.version(), version);
            assert!(echoed == body, "{} bytes", echoed.len());
        }
    }
}

#[tokio::test]
async fn a_connection_ends_in_the_way_of_tls() {
    let pair = Pair::new();
    let trusted = pair.issue();
    let app = Function::hello().http();
    let server = start(pair.load().unwrap(), app, Limits::default()).await;
    let mut stream = connect(&server, &trusted, &[HTTP1]).await.unwrap();
    let request = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    // Fails if the end is not announced.
    soon(stream.read_to_string(&mut response)).await.unwrap();
    assert!(response.ends_with("\r\n\r\nhello"), "{response}");
}

#[tokio::test]
async fn a_new_certificate_is_used_by_new_connections() {
    let pair = Pair::new();
    let first = pair.issue();
    let tls = pair.load().unwrap();
    let server = start(tls.clone(), echo().http(), Limits::default()).await;
    let open = connect(&server, &first, &[HTTP1]).await.unwrap();

    let second = pair.issue();
    assert!(connect(&server, &first, &[HTTP1]).await.is_ok(), "not yet");
    tls.reload().unwrap();
    assert!(connect(&server, &first, &[HTTP1]).await.is_err());
    let stream = connect(&server, &second, &[HTTP1]).await.unwrap();
    assert_eq!(exchange(stream, Bytes::from("new")).await.1, "new");
    assert_eq!(exchange(open, Bytes::from("old")).await.1, "old");

    std::fs::write(pair.key(), "nothing").unwrap();
    assert!(tls.reload().is_err());
    assert!(connect(&server, &second, &[HTTP1]).await.is_ok());
}

#[tokio::test]
async fn plain_http_gets_no_answer_on_a_tls_port() {
    let pair = Pair::new();
    let trusted = pair.issue();
    let app = echo().http();
    let server = start(pair.load().unwrap(), app, Limits::default()).await;
    let mut plain = server.connect().await;
    plain.send(GET).await;
    let answer = plain.read_to_end().await;
    assert!(!answer.contains("HTTP"), "{answer}");
    let stream = connect(&server, &trusted, &[HTTP1]).await.unwrap();
    assert_eq!(exchange(stream, Bytes::from("x")).await.1, "x");
}

/// A record that announces 512 bytes of greeting, and how they begin.
const GREETING: [u8; 11] = [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3];

#[tokio::test]
async fn a_handshake_that_stalls_holds_up_nobody() {
    let pair = Pair::new();
    let trusted = pair.issue();
    let app = echo().http();
    let server = start(pair.load().unwrap(), app, Limits::default()).await;
    let _silent = server.connect().await;
    let mut dripping = server.connect().await;
    dripping.send(GREETING).await;
    let stream = connect(&server, &trusted, &[HTTP2]).await.unwrap();
    assert_eq!(exchange(stream, Bytes::from("x")).await.1, "x");
}

#[tokio::test]
async fn a_handshake_that_stalls_is_cut() {
    let limits = Limits {
        header_timeout: millis(150),
        ..Limits::default()
    };
    let pair = Pair::new();
    pair.issue();
    let server = start(pair.load().unwrap(), echo().http(), limits).await;
    let mut silent = server.connect().await;
    let mut dripping = server.connect().await;
    for byte in GREETING.into_iter().chain([0; 300]) {
        if dripping.try_send(&[byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(millis(10)).await;
    }
    assert!(dripping.is_closed().await);
    assert!(silent.is_closed().await);
}

#[tokio::test]
async fn after_the_handshake_the_head_has_to_come() {
    let limits = Limits {
        header_timeout: millis(1000),
        ..Limits::default()
    };
    let pair = Pair::new();
    let trusted = pair.issue();
    let server = start(pair.load().unwrap(), echo().http(), limits).await;
    let mut stream = connect(&server, &trusted, &[HTTP1]).await.unwrap();
    let mut buf = [0; 16];
    assert!(matches!(soon(stream.read(&mut buf)).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn draining_waits_for_no_handshake() {
    let pair = Pair::new();
    pair.issue();
    let limits = Limits {
        grace: Duration::from_secs(3600),
        ..Limits::default()
    };
    let server = start(pair.load().unwrap(), echo().http(), limits).await;
    let mut silent = server.connect().await;
    silent.send([22, 3, 1]).await;
    // Long enough for the handshake to begin; whether it did changes nothing.
    tokio::time::sleep(millis(20)).await;
    assert_eq!(soon(server.stop()).await.unwrap(), Drained::default());
    assert!(silent.is_closed().await);
}

#[tokio::test]
async fn a_reader_that_stops_loses_the_connection_over_tls_too() {
    let limits = Limits {
        write_timeout: millis(150),
        ..Limits::default()
    };
    let pair = Pair::new();
    let trusted = pair.issue();
    let alive = Alive::default();
    let guards = alive.clone();
    let large = Bytes::from(vec![b'x'; 30_000_000]);
    let large = Function::answering(move || {
        let owned = Bytes::from_owner(Held(large.clone(), guards.guard()));
        Response::new(Body::Full(owned))
    });
    let server = start(pair.load().unwrap(), large.http(), limits).await;
    let mut stream = connect(&server, &trusted, &[HTTP1]).await.unwrap();
    stream.write_all(GET.as_bytes()).await.unwrap();
    alive.reaches(1).await;
    alive.reaches(0).await;
    let mut read = Vec::new();
    let end = soon(stream.read_to_end(&mut read)).await;
    assert!(end.is_err() && read.len() < 30_000_000);
}
