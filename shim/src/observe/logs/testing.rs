//! What the tests of logs share.

use std::os::unix::net::UnixDatagram;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tracing::{Dispatch, Level, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

use super::datagram::Daemon;
use super::encode::Encode;
use super::json::Json;
use super::layer::{self, LogLayer};
use super::queue::{LIMIT, Queue};
use super::text::Text;
use super::writer;

/// With only one subscriber alive, tracing asks the thread that comes first whether a call site is
/// of interest, not the subscriber. Tests run on many threads, so there is always a second one.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Registry::default()));

/// What `log` logs to an `encode`, under a filter.
fn written(encode: impl Encode, filter: Targets, log: impl FnOnce()) -> String {
    let queue = Arc::new(Queue::new(LIMIT));
    run(&queue, Arc::new(encode), filter, log);
    rest_of(&queue)
}

/// What waits in the queue.
fn rest_of(queue: &Queue) -> String {
    // Closed, so that taking what there is does not wait for more.
    queue.close(Duration::ZERO);
    let mut chunk = Vec::new();
    let dropped = queue.take(&mut chunk);
    assert!(matches!(dropped, None | Some(0)));
    String::from_utf8(chunk).unwrap()
}

fn run(queue: &Arc<Queue>, encode: Arc<dyn Encode>, filter: Targets, log: impl FnOnce()) {
    let way = Arc::clone(queue);
    under(layer::subscriber(filter, encode, way), log);
}

fn under(subscriber: impl Subscriber + Send + Sync, log: impl FnOnce()) {
    LazyLock::force(&ANOTHER);
    tracing::subscriber::with_default(subscriber, log);
}

fn everything() -> Targets {
    Targets::new().with_default(Level::TRACE)
}

/// What `log` logs to an `encode`.
pub(super) fn lines(encode: impl Encode, log: impl FnOnce()) -> String {
    written(encode, everything(), log)
}

/// What `log` logs to an `encode` when everything has to be an event.
pub(super) fn lines_of_events(encode: impl Encode, log: impl FnOnce()) -> String {
    let queue = Arc::new(Queue::new(LIMIT));
    let layer = LogLayer {
        encode: Arc::new(encode),
        way: queue.clone(),
        direct: false,
    };
    under(Registry::default().with(everything()).with(layer), log);
    rest_of(&queue)
}

/// What `log` logs as JSON.
pub(in crate::observe) fn json(log: impl FnOnce()) -> Vec<serde_json::Value> {
    json_under(everything(), log)
}

/// What `log` logs as JSON, under a filter.
pub(in crate::observe) fn json_under(
    filter: Targets,
    log: impl FnOnce(),
) -> Vec<serde_json::Value> {
    let lines = written(Json, filter, log);
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What `log` logs as text, without colours and times.
pub(in crate::observe) fn text(log: impl FnOnce()) -> Vec<String> {
    let lines = lines(Text { colour: false }, log);
    lines.lines().map(|line| line[TIME..].to_owned()).collect()
}

const TIME: usize = "YYYY-MM-DDTHH:MM:SS.sssZ ".len();

/// The datagrams that arrive at a socket when `log` logs to it by way of the writer's thread.
pub(super) fn datagrams(encode: impl Encode, log: impl FnOnce()) -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let socket = UnixDatagram::bind(&path).unwrap();
    let queue = Arc::new(Queue::new(LIMIT));
    let encode: Arc<dyn Encode> = Arc::new(encode);
    let daemon = Box::new(Daemon::connect(&path).unwrap());
    let thread = writer::start(Arc::clone(&queue), Arc::clone(&encode), daemon).unwrap();
    run(&queue, encode, everything(), log);
    assert!(queue.close(Duration::from_secs(60)));
    thread.join().unwrap();

    socket.set_nonblocking(true).unwrap();
    let mut buffer = vec![0; 256 * 1024];
    let mut next = || {
        socket
            .recv(&mut buffer)
            .ok()
            .map(|length| buffer[..length].to_vec())
    };
    std::iter::from_fn(&mut next).collect()
}
