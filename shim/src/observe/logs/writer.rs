//! The thread that writes lines.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use tracing::Level;

use super::encode::{Encode, Head, Value};
use super::line::Line;
use super::queue::Queue;
use super::sink::Sink;

/// Starts the thread. It ends when the queue is closed and everything is written.
///
/// # Errors
///
/// When the system gives no thread.
pub(super) fn start(
    queue: Arc<Queue>,
    encode: Arc<dyn Encode>,
    sink: Box<dyn Sink>,
) -> io::Result<JoinHandle<()>> {
    let writer = move || run(&queue, &*encode, sink);
    std::thread::Builder::new()
        .name("shim-logs".to_owned())
        .spawn(writer)
}

fn run(queue: &Queue, encode: &dyn Encode, mut sink: Box<dyn Sink>) {
    let _end = End(queue);
    let mut chunk = Vec::new();
    let mut lost = 0;
    while let Some(dropped) = queue.take(&mut chunk) {
        let failed = sink.write(&chunk);
        lost += dropped + failed;
        // While the sink fails a notice would get lost as well.
        if lost > 0 && failed == 0 {
            Line::with(|line| {
                notice(encode, line, lost);
                if sink.write(&line.out) == 0 {
                    lost = 0;
                }
            });
        }
        chunk.clear();
        queue.done();
    }
}

/// The line that stands for lost ones.
fn notice(encode: &dyn Encode, line: &mut Line, lost: u64) {
    let head = Head {
        level: Level::WARN,
        target: "shim::observe",
        file: None,
        line: None,
    };
    encode.begin(line, &head);
    encode.message(
        line,
        "log lines are missing here: more came than could be written",
    );
    encode.field(line, "dropped", Value::U64(lost));
    encode.finish(line);
}

/// Ends the queue when the thread does, whichever way.
struct End<'a>(&'a Queue);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::super::json::Json;
    use super::super::queue::Queue;
    use super::super::sink::Sink;

    const LIMIT: Duration = Duration::from_secs(60);

    /// A sink that writes only when it is told to, and says when it is asked.
    struct Gate {
        asked: Sender<()>,
        may: Receiver<bool>,
        written: Arc<Mutex<Vec<String>>>,
    }

    impl Sink for Gate {
        fn write(&mut self, chunk: &[u8]) -> u64 {
            self.asked.send(()).unwrap();
            let text = String::from_utf8(chunk.to_vec()).unwrap();
            if self.may.recv().unwrap() {
                self.written.lock().unwrap().push(text);
                0
            } else {
                text.lines().count() as u64
            }
        }
    }

    struct Rig {
        queue: Arc<Queue>,
        asked: Receiver<()>,
        may: Sender<bool>,
        written: Arc<Mutex<Vec<String>>>,
    }

    impl Rig {
        fn new(limit: usize) -> Self {
            let ((ask, asked), (may, allowed)) = (channel(), channel());
            let queue = Arc::new(Queue::new(limit));
            let written = Arc::default();
            let gate = Gate {
                asked: ask,
                may: allowed,
                written: Arc::clone(&written),
            };
            super::start(Arc::clone(&queue), Arc::new(Json), Box::new(gate)).unwrap();
            Self {
                queue,
                asked,
                may,
                written,
            }
        }

        fn next_write(&self, may: bool) {
            self.asked.recv().unwrap();
            self.may.send(may).unwrap();
        }

        /// Lets the writer end and returns what was written.
        fn end(self) -> Vec<String> {
            drop(self.asked);
            assert!(self.queue.close(LIMIT));
            self.written.lock().unwrap().clone()
        }
    }

    #[test]
    fn a_slow_sink_costs_lines_and_a_line_says_how_many() {
        let rig = Rig::new(10);
        rig.queue.push(b"first\n", true);
        rig.asked.recv().unwrap();
        // The writer stands; one line fits, two do not.
        for line in ["second\n", "third\n", "4\n"] {
            rig.queue.push(line.as_bytes(), false);
        }
        rig.may.send(true).unwrap();
        rig.next_write(true);
        rig.next_write(true);
        assert!(rig.queue.flush(LIMIT));

        let written = rig.end();
        assert_eq!(written[..2], ["first\n", "second\n"]);
        let notice: serde_json::Value = serde_json::from_str(&written[2]).unwrap();
        assert_eq!(notice["level"], "WARN");
        assert_eq!(notice["dropped"], 2);
        assert_eq!(written.len(), 3);
    }

    #[test]
    fn lines_that_a_sink_refused_are_counted_once_it_takes_some_again() {
        let rig = Rig::new(100);
        rig.queue.push(b"one\ntwo\n", true);
        rig.next_write(false);
        rig.queue.push(b"three\n", true);
        rig.next_write(true);
        rig.next_write(true);

        let written = rig.end();
        assert_eq!(written[0], "three\n");
        assert!(written[1].contains("\"dropped\":2"));
    }

    #[test]
    fn closing_writes_what_waits_and_takes_no_more() {
        let rig = Rig::new(100);
        rig.may.send(true).unwrap();
        rig.queue.push(b"last\n", false);
        let (queue, written) = (Arc::clone(&rig.queue), Arc::clone(&rig.written));
        assert!(queue.close(LIMIT));
        queue.push(b"too late\n", false);
        assert!(queue.flush(LIMIT));
        assert_eq!(*written.lock().unwrap(), ["last\n"]);
    }

    #[test]
    fn a_flush_gives_up_when_the_sink_stands_still() {
        let rig = Rig::new(100);
        rig.queue.push(b"stuck\n", true);
        rig.asked.recv().unwrap();
        assert!(!rig.queue.flush(Duration::from_millis(1)));
        rig.may.send(true).unwrap();
        assert!(rig.queue.flush(LIMIT));
    }
}
