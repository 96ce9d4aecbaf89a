//! `Body`, by itself.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use plugin_api::{Body, Bytes, Error};

/// A stream of what is left in a list.
struct List<T>(std::vec::IntoIter<T>);

impl<T: Unpin> Stream for List<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(self.0.next())
    }
}

fn stream<E: Into<Error> + Unpin + 'static + Send>(items: Vec<Result<&'static str, E>>) -> Body {
    Body::from_stream(List(items.into_iter()))
}

#[tokio::test]
async fn it_is_read_whole_as_bytes_text_and_json() {
    assert_eq!(Body::from("text").bytes().await.unwrap(), "text");
    assert_eq!(Body::from("täxt").text().await.unwrap(), "täxt");
    assert_eq!(Body::from("[1,2]").json::<Vec<u8>>().await.unwrap(), [1, 2]);
    assert!(Body::empty().bytes().await.unwrap().is_empty());
    assert!(Body::from(()).text().await.unwrap().is_empty());

    let error = Body::from(vec![0xff]).text().await.unwrap_err();
    assert_eq!(error.name(), "FromUtf8Error");
    let error = Body::from("[1,").json::<Vec<u8>>().await.unwrap_err();
    assert!(error.to_string().contains("line 1 column 3"), "{error}");
}

#[tokio::test]
async fn a_stream_is_read_piece_by_piece_or_whole() {
    let pieces = || stream::<String>(vec![Ok("a"), Ok(""), Ok("bc"), Ok("d")]);
    assert_eq!(pieces().bytes().await.unwrap(), "abcd");
    let mut body = pieces();
    let mut read = Vec::new();
    while let Some(piece) = body.chunk().await {
        read.push(piece.unwrap());
    }
    assert_eq!(read, ["a", "", "bc", "d"]);
}

#[tokio::test]
async fn an_error_ends_a_stream() {
    let failing = || stream(vec![Ok("a"), Err("the disk is full"), Ok("never")]);
    let error = failing().bytes().await.unwrap_err();
    assert_eq!(error.to_string(), "the disk is full");

    let (sender, mut body) = Body::channel();
    tokio::spawn(async move {
        sender.send("a").await.unwrap();
        sender.fail(std::io::Error::other("gone")).await;
    });
    assert_eq!(body.chunk().await.unwrap().unwrap(), "a");
    let error = body.chunk().await.unwrap().unwrap_err();
    assert_eq!((error.name(), error.to_string()), ("Error", "gone".into()));
    assert!(body.chunk().await.is_none());
}

#[test]
fn a_sender_waits_for_its_reader() {
    let mut cx = Context::from_waker(Waker::noop());
    let (sender, mut body) = Body::channel();
    assert!(pin!(sender.send("1")).poll(&mut cx).is_ready());
    let mut second = pin!(sender.send("2"));
    assert!(second.as_mut().poll(&mut cx).is_pending());
    let first = pin!(body.chunk()).poll(&mut cx);
    assert!(matches!(first, Poll::Ready(Some(Ok(piece))) if piece == "1"));
    assert!(second.poll(&mut cx).is_ready());
}

#[tokio::test]
async fn a_sender_learns_that_its_reader_is_gone() {
    let (sender, body) = Body::channel();
    drop(body);
    let error = sender.send("a").await.unwrap_err();
    assert_eq!(error.name(), "ClientGone");
}

#[test]
fn a_whole_body_tells_its_length_and_is_not_copied() {
    use http_body::Body as HttpBody;

    let bytes = Bytes::from(vec![1; 1000]);
    let address = bytes.as_ptr();
    let body = Body::from(bytes);
    assert_eq!(HttpBody::size_hint(&body).exact(), Some(1000));
    assert!(!HttpBody::is_end_stream(&body));
    assert_eq!(body.blocking_bytes().unwrap().as_ptr(), address);
    assert!(HttpBody::is_end_stream(&Body::empty()));
    assert_eq!(HttpBody::size_hint(&Body::channel().1).exact(), None);
}
