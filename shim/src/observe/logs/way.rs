//! How a finished line leaves the thread that logs it.

use std::io;

use super::queue::Queue;
use super::sink::Sink as _;

/// Takes finished lines.
pub(super) trait Way: Send + Sync + 'static {
    /// Takes one line; an `urgent` one should not wait long.
    fn push(&self, line: &[u8], urgent: bool);
}

/// By way of the writer's thread; nobody waits.
impl Way for Queue {
    fn push(&self, line: &[u8], urgent: bool) {
        Queue::push(self, line, urgent);
    }
}

/// Straight to standard error, before the call returns.
pub(super) struct AtOnce;

impl Way for AtOnce {
    fn push(&self, line: &[u8], _: bool) {
        // Whom should it tell that nobody can be told?
        let _ = io::stderr().write(line);
    }
}
