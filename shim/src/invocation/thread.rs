//! Threads, numbered: each finds by its number what it shares with few others or none.

use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most places that [`places`] speaks of.
const MOST_PLACES: usize = 64;

/// The calling thread's number: threads get one in turn, when they ask for the first time.
pub fn number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
    }
    NUMBER.get().unwrap_or_else(|| {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        NUMBER.set(Some(number));
        number
    })
}

/// In how many places to keep what threads would otherwise fight for: a power of two, so that
/// `number() & (places() - 1)` is the calling thread's.
pub fn places() -> usize {
    static PLACES: LazyLock<usize> = LazyLock::new(|| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        (2 * threads).next_power_of_two().min(MOST_PLACES)
    });
    *PLACES
}
