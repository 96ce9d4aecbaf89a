//! The last bytes of what was written.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Tail;

/// Lines that threads append; only the last [`Tail::LIMIT`] bytes are kept.
#[derive(Debug)]
pub(super) struct Ring(Mutex<VecDeque<u8>>);

impl Ring {
    /// Appends a line, whole: lines of several threads are not mixed.
    pub(super) fn push(&self, line: &[u8]) {
        let line = &line[line.len().saturating_sub(Tail::LIMIT)..];
        let mut kept = self.lock();
        let surplus = (kept.len() + line.len()).saturating_sub(Tail::LIMIT);
        kept.drain(..surplus);
        kept.extend(line);
    }

    /// Takes out what is kept: whole characters, that is up to three bytes less than there are
    /// when the first one is cut.
    pub(super) fn take(&self) -> Vec<u8> {
        let mut bytes = Vec::from(std::mem::take(&mut *self.lock()));
        let continues = |byte: &&u8| (**byte & 0b1100_0000) == 0b1000_0000;
        let cut = bytes.iter().take_while(continues).count();
        bytes.drain(..cut);
        bytes
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<u8>> {
        // No code that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Ring {
    fn default() -> Self {
        Self(Mutex::new(VecDeque::with_capacity(Tail::LIMIT)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Ring, Tail};

    #[test]
    fn only_the_last_bytes_are_kept_and_memory_does_not_grow() {
        let ring = Ring::default();
        let mut all = Vec::new();
        for number in 0..3000 {
            let line = format!("{number} {}\n", "x".repeat(number % 97));
            ring.push(line.as_bytes());
            all.extend_from_slice(line.as_bytes());
            let kept = ring.lock();
            assert!(kept.capacity() <= Tail::LIMIT);
            assert!(
                kept.iter()
                    .eq(&all[all.len().saturating_sub(Tail::LIMIT)..])
            );
        }
        assert_eq!(ring.take().len(), Tail::LIMIT);
        assert_eq!(ring.take(), b"");
    }

    #[test]
    fn of_a_line_longer_than_all_the_end_is_kept() {
        let ring = Ring::default();
        ring.push(b"before\n");
        let mut long = vec![b'a'; 10_000];
        long.extend(vec![b'b'; Tail::LIMIT]);
        ring.push(&long);
        assert_eq!(ring.take(), vec![b'b'; Tail::LIMIT]);
    }

    #[test]
    fn a_character_that_is_cut_is_left_out() {
        let ring = Ring::default();
        ring.push("é€🦀".as_bytes());
        ring.push("x".repeat(Tail::LIMIT - 3).as_bytes());
        let text = String::from_utf8(ring.take()).unwrap();
        assert_eq!(text, "x".repeat(Tail::LIMIT - 3));
    }
}
