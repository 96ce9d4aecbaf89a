//! The places where threads leave lines without meeting each other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::invocation::thread;

/// Some buffers, each behind a lock of its own. A thread always uses the same one, and has it for
/// itself unless there are more threads that log than buffers.
pub(super) struct Shards {
    /// The most bytes in each.
    room: usize,
    shards: [Shard; Shards::COUNT],
    /// While it is set no lines are left here.
    shut: AtomicBool,
}

/// Far enough from the next one that two cores do not fight for the same line of the cache.
#[derive(Default)]
#[repr(align(128))]
struct Shard(Mutex<Vec<u8>>);

impl Shards {
    pub(super) const COUNT: usize = 16;

    /// With so much room in each.
    pub(super) fn new(room: usize) -> Self {
        Self {
            room,
            shards: Default::default(),
            shut: AtomicBool::new(false),
        }
    }

    /// Leaves a line, unless the shards are shut or there is no room: whether it is left.
    pub(super) fn leave(&self, line: &[u8]) -> bool {
        let mut shard = self.shards[mine()].lock();
        // Asked under the lock: a `gather` after `shut` finds all that was left before, and who
        // comes after it here sees that it is shut.
        if self.shut.load(Ordering::Relaxed) || shard.len() + line.len() > self.room {
            return false;
        }
        shard.extend_from_slice(line);
        true
    }

    /// Moves what this thread left to the end of `out`.
    pub(super) fn gather_mine(&self, out: &mut Vec<u8>) {
        out.append(&mut self.shards[mine()].lock());
    }

    /// Moves what all threads left to the end of `out`: a thread's lines stay in order.
    pub(super) fn gather(&self, out: &mut Vec<u8>) {
        for shard in &self.shards {
            let mut shard = shard.lock();
            // The usual case is one thread that logs; a large buffer stays where it is of use.
            if out.is_empty() && out.capacity() <= 2 * self.room {
                std::mem::swap(out, &mut shard);
            } else {
                out.append(&mut shard);
            }
        }
    }

    /// From now on, no lines are left here; or they are again.
    pub(super) fn shut(&self, shut: bool) {
        self.shut.store(shut, Ordering::Relaxed);
    }
}

impl Shard {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        // No code that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The calling thread's shard.
fn mine() -> usize {
    thread::number() % Shards::COUNT
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{Sender, channel};
    use std::thread;
    use std::time::Duration;

    use super::super::json::Json;
    use super::super::queue::{LIMIT, Queue};
    use super::super::sink::Sink;
    use super::super::writer;

    #[test]
    fn an_error_comes_after_what_other_threads_said_before() {
        let queue = Queue::new(LIMIT);
        thread::scope(|scope| {
            scope.spawn(|| queue.push(b"why\n", false));
        });
        queue.push(b"error\n", true);
        queue.push(b"so\n", false);
        let mut chunk = Vec::new();
        assert_eq!(queue.take(&mut chunk), Some(0));
        assert_eq!(chunk, b"why\nerror\nso\n");
    }

    struct Collect(Sender<String>);

    impl Sink for Collect {
        fn write(&mut self, chunk: &[u8]) -> u64 {
            let lines = str::from_utf8(chunk).unwrap().lines();
            lines.for_each(|line| self.0.send(line.to_owned()).unwrap());
            0
        }
    }

    #[test]
    fn all_lines_arrive_and_those_of_a_thread_in_order() {
        const THREADS: usize = 20;
        const LINES: usize = 2000;
        let (send, written) = channel();
        let queue = Arc::new(Queue::new(LIMIT));
        let sink = Box::new(Collect(send));
        writer::start(Arc::clone(&queue), Arc::new(Json), sink).unwrap();
        // Once the writer has gone to sleep, a single line is enough to wake it.
        thread::sleep(Duration::from_millis(20));
        queue.push(b"first\n", false);
        assert_eq!(written.recv().unwrap(), "first");

        let push = |thread: usize| {
            for number in 0..LINES {
                queue.push(format!("{thread} {number}\n").as_bytes(), number % 500 == 7);
                if number % 100 == 0 {
                    thread::sleep(Duration::from_millis(1));
                }
            }
        };
        thread::scope(|scope| {
            (0..THREADS).for_each(|thread| drop(scope.spawn(move || push(thread))));
        });
        assert!(queue.flush(Duration::from_secs(60)));
        let mut next = [0; THREADS];
        for line in written.try_iter() {
            let (thread, number) = line.split_once(' ').unwrap();
            let next = &mut next[thread.parse::<usize>().unwrap()];
            assert_eq!(number, next.to_string());
            *next += 1;
        }
        assert_eq!(next, [LINES; THREADS]);
        queue.push(b"last\n", false);
        assert!(queue.close(Duration::from_secs(60)));
        assert_eq!(written.recv().unwrap(), "last");
    }
}
