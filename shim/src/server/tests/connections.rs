//! How many connections, and over what.

use tokio::net::{UnixListener, UnixStream};

use super::kit::{Function, GET, Server, millis, soon};
use crate::server::{Limits, serve};

#[tokio::test]
async fn beyond_the_limit_connections_wait_for_a_place() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let server = Server::start(Function::hello().http(), limits).await;
    let mut first = server.connect().await;
    let mut second = server.connect().await;
    for client in [&mut first, &mut second] {
        client.send(GET).await;
        assert_eq!(client.reply().await.body, "hello");
    }
    // The kernel accepts the third; the server does not look at it yet.
    let mut third = server.connect().await;
    third.send(GET).await;
    let waits = tokio::time::timeout(millis(60), third.read_some());
    assert!(waits.await.is_err());
    drop(first);
    assert_eq!(third.reply().await.body, "hello");
    second.send(GET).await;
    assert_eq!(second.reply().await.body, "hello");
}

#[tokio::test]
async fn a_unix_socket_serves_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shim.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let app = Function::hello().http();
    let stop = std::future::pending();
    let serving = tokio::spawn(serve(listener.into(), app, Limits::default(), stop));
    let client = UnixStream::connect(&path).await.unwrap();
    client.try_write(GET.as_bytes()).unwrap();
    let mut buf = [0; 1024];
    soon(client.readable()).await.unwrap();
    let read = client.try_read(&mut buf).unwrap();
    assert!(buf[..read].starts_with(b"HTTP/1.1 200 OK\r\n"));
    serving.abort();
}
