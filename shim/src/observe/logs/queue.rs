//! What lies between the threads that log and the one that writes.
//!
//! A thread appends its finished line under a lock held for one copy, and goes on. It wakes the
//! writer only when the writer sleeps, and the writer sleeps only when nothing has come for a
//! while: under load it looks by itself every [`COLLECT`], takes all there is, and nobody makes a
//! system call for a line. When the writer's sink stands still the queue fills up to its limit;
//! what comes then is counted and dropped, and the count becomes a line of its own.
//!
//! While the writer is awake and all is well, a thread's lines go to a [shard](Shards) first, where
//! it meets no other thread; from there they move to the common buffer, many at once. So the lines
//! of one thread are written in order, those of several may change places within a [`COLLECT`].
//!
//! A process that aborts loses what has not been taken: at most the last [`COLLECT`] (5 ms).

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::shards::Shards;

/// The most bytes that wait; as many again may be on their way to the sink.
pub(super) const LIMIT: usize = 4 * 1024 * 1024;

/// How long the writer gathers lines after it has written some.
const COLLECT: Duration = Duration::from_millis(5);

/// How long it gathers errors.
const COLLECT_URGENT: Duration = Duration::from_millis(1);

/// What an emptied buffer may keep in memory.
const KEEP: usize = 1024 * 1024;

/// The part of the limit that each shard gets: 32 KiB of [`LIMIT`], so that it stays in the cache of
/// the core that fills it.
const SHARE: usize = 128;

/// The queue: bytes of whole lines.
pub(super) struct Queue {
    /// The most bytes in `State::pending`.
    limit: usize,
    /// Shut while the writer sleeps, after a line was dropped, and when the queue is closed: when
    /// a line concerns more than the thread that brings it. Whoever has a shard's lock and wants
    /// that of the state has to give it back first.
    shards: Shards,
    state: Mutex<State>,
    /// For the writer: there is something to do.
    wake: Condvar,
    /// For those who flush: something was written.
    written: Condvar,
}

struct State {
    pending: Vec<u8>,
    dropped: u64,
    /// Whom the writer waits for.
    waiting: Waiting,
    /// Some of what is pending should not wait long.
    urgent: bool,
    /// Somebody waits until everything is written.
    flush: bool,
    /// How many times the writer has taken what was pending, and how many of those are written.
    taken: u64,
    done: u64,
    /// Nothing more is taken in.
    closed: bool,
    /// The writer is gone.
    ended: bool,
}

#[derive(PartialEq)]
enum Waiting {
    Nobody,
    Urgent,
    Any,
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        let state = State {
            pending: Vec::new(),
            dropped: 0,
            waiting: Waiting::Nobody,
            urgent: false,
            flush: false,
            taken: 0,
            done: 0,
            closed: false,
            ended: false,
        };
        let share = limit / SHARE;
        Self {
            limit: limit - Shards::COUNT * share,
            shards: Shards::new(share),
            state: Mutex::new(state),
            wake: Condvar::new(),
            written: Condvar::new(),
        }
    }

    /// Appends a line, or drops it when there is no room. Never waits for the writer.
    ///
    /// An `urgent` line (an error) is written within about a millisecond, others within five.
    pub(super) fn push(&self, line: &[u8], urgent: bool) {
        if !urgent && self.shards.leave(line) {
            return;
        }
        let mut state = self.lock();
        if state.closed {
            return;
        }
        if urgent {
            // What led to an error should stand before it, whichever thread told of it.
            self.shards.gather(&mut state.pending);
        } else {
            self.shards.gather_mine(&mut state.pending);
        }
        // Once a line is dropped all are, until there is room again: no gaps without a notice.
        if state.dropped > 0 || state.pending.len() + line.len() > self.limit {
            state.dropped += 1;
            self.shards.shut(true);
        } else {
            state.pending.extend_from_slice(line);
        }
        state.urgent |= urgent || state.pending.len() > self.limit / 2;
        let wake = match state.waiting {
            Waiting::Nobody => false,
            Waiting::Urgent => state.urgent,
            Waiting::Any => true,
        };
        if wake {
            state.waiting = Waiting::Nobody;
            drop(state);
            self.wake.notify_one();
        }
    }

    /// For the writer: waits until there is something to write, then puts it into `chunk` (which is
    /// empty) and says how many lines were dropped after it. `None` when the queue is closed and
    /// empty.
    pub(super) fn take(&self, chunk: &mut Vec<u8>) -> Option<u64> {
        let began = Instant::now();
        let mut state = self.lock();
        while !state.closed && !state.flush {
            let wait = if state.urgent {
                COLLECT_URGENT
            } else {
                COLLECT
            };
            let left = wait.saturating_sub(began.elapsed());
            if left.is_zero() {
                self.shards.shut(true);
                self.shards.gather(&mut state.pending);
                if !state.is_empty() {
                    break;
                }
            }
            state.waiting = match (left.is_zero(), state.urgent) {
                (true, _) => Waiting::Any,
                (false, false) => Waiting::Urgent,
                (false, true) => Waiting::Nobody,
            };
            state = if state.waiting == Waiting::Any {
                self.wake
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner)
            } else {
                let woken = self.wake.wait_timeout(state, left);
                woken.unwrap_or_else(PoisonError::into_inner).0
            };
        }
        self.shards.gather(&mut state.pending);
        self.shards.shut(state.closed);
        state.waiting = Waiting::Nobody;
        state.urgent = false;
        state.flush = false;
        if state.is_empty() && state.closed {
            return None;
        }
        if chunk.capacity() > KEEP {
            chunk.shrink_to(KEEP);
        }
        std::mem::swap(&mut state.pending, chunk);
        state.taken += 1;
        Some(std::mem::take(&mut state.dropped))
    }

    /// For the writer: all that was taken is written.
    pub(super) fn done(&self) {
        let mut state = self.lock();
        state.done = state.taken;
        drop(state);
        self.written.notify_all();
    }

    /// For the writer: it is gone and nothing will be written any more.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.ended = true;
        self.shards.shut(true);
        drop(state);
        self.written.notify_all();
    }

    /// Waits until all that was pushed before is written, at most `limit`; whether it is.
    pub(super) fn flush(&self, limit: Duration) -> bool {
        let mut state = self.lock();
        self.shards.gather(&mut state.pending);
        let mut goal = state.taken;
        if !state.is_empty() {
            goal += 1;
            state.flush = true;
            self.wake.notify_one();
        }
        let reached = |state: &mut State| state.done < goal && !state.ended;
        let waited = self.written.wait_timeout_while(state, limit, reached);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.done >= goal
    }

    /// Takes nothing in any more, and waits until the writer has written the rest and is gone, at
    /// most `limit`; whether it is.
    pub(super) fn close(&self, limit: Duration) -> bool {
        let mut state = self.lock();
        state.closed = true;
        self.shards.shut(true);
        self.wake.notify_one();
        let waited = self
            .written
            .wait_timeout_while(state, limit, |state| !state.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.dropped == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Queue;

    #[test]
    fn what_does_not_fit_is_counted_until_there_is_room_again() {
        let queue = Queue::new(10);
        for line in ["one\n", "two\n", "three\n", "4\n"] {
            queue.push(line.as_bytes(), true);
        }
        let mut chunk = Vec::new();
        assert_eq!(queue.take(&mut chunk), Some(2));
        assert_eq!(chunk, b"one\ntwo\n");

        chunk.clear();
        queue.push(b"five\n", true);
        assert_eq!(queue.take(&mut chunk), Some(0));
        assert_eq!(chunk, b"five\n");
    }
}
