//! The queue in memory.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::event::Entry;
use super::queue::{Depth, Lease, PushError, Queue, Source};

/// Later than any event is due.
const FAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A queue in memory: it ends with the process.
#[derive(Debug)]
pub struct Memory {
    max_events: usize,
    max_bytes: u64,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// All events, by the order of acceptance.
    entries: BTreeMap<u64, Entry>,
    /// Those that are not leased, by when they are due.
    waiting: BTreeSet<(Instant, u64)>,
    bytes: u64,
    accepted: u64,
    closed: bool,
}

/// What there is to do for the one who waits for the next event.
enum Next {
    Take(Lease),
    Wait(Option<Instant>),
    End,
}

impl Memory {
    /// An empty queue for at most `max_events` events with `max_bytes` bytes together.
    pub fn new(max_events: usize, max_bytes: u64) -> Self {
        Self {
            max_events,
            max_bytes,
            state: Mutex::default(),
            changed: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn insert(&mut self, key: u64, entry: Entry, delay: Duration) {
        let now = Instant::now();
        let due = now.checked_add(delay.min(FAR)).unwrap_or(now);
        self.bytes += entry.weight();
        self.entries.insert(key, entry);
        self.waiting.insert((due, key));
    }

    fn remove(&mut self, key: u64) {
        if let Some(entry) = self.entries.remove(&key) {
            self.bytes = self.bytes.saturating_sub(entry.weight());
        }
    }

    fn next(&mut self) -> Next {
        match self.waiting.first().copied() {
            Some((due, key)) if due <= Instant::now() => {
                self.waiting.pop_first();
                match self.entries.get(&key).cloned() {
                    Some(entry) => Next::Take(Lease { key, entry }),
                    None => self.next(),
                }
            }
            _ if self.closed && self.leased() == 0 => Next::End,
            first => Next::Wait(first.map(|(due, _)| due)),
        }
    }

    fn leased(&self) -> usize {
        self.entries.len().saturating_sub(self.waiting.len())
    }
}

impl Queue for Memory {
    async fn push(&self, entry: Entry, delay: Duration, source: Source) -> Result<(), PushError> {
        let mut state = self.state();
        if state.closed && source == Source::Caller {
            return Err(PushError::Closed);
        }
        let (events, bytes) = (state.entries.len(), state.bytes);
        let fits =
            events < self.max_events && bytes.saturating_add(entry.weight()) <= self.max_bytes;
        if !fits && source != Source::Spool {
            return Err(PushError::Full { events, bytes });
        }
        let key = state.accepted;
        state.accepted += 1;
        state.insert(key, entry, delay);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    async fn next(&self) -> Option<Lease> {
        loop {
            // A change that comes after the look is remembered by `changed`.
            let next = self.state().next();
            match next {
                Next::Take(lease) => return Some(lease),
                Next::End => return None,
                Next::Wait(None) => self.changed.notified().await,
                Next::Wait(Some(due)) => tokio::select! {
                    () = self.changed.notified() => {}
                    () = sleep_until(due) => {}
                },
            }
        }
    }

    async fn put_back(&self, lease: Lease, delay: Duration) {
        let mut state = self.state();
        state.remove(lease.key);
        state.insert(lease.key, lease.entry, delay);
        drop(state);
        self.changed.notify_one();
    }

    async fn finish(&self, lease: Lease) {
        self.state().remove(lease.key);
        self.changed.notify_one();
    }

    fn close(&self) {
        self.state().closed = true;
        self.changed.notify_one();
    }

    fn take_rest(&self) -> Vec<(Entry, Duration)> {
        let mut state = self.state();
        let now = Instant::now();
        let due: BTreeMap<u64, Duration> = std::mem::take(&mut state.waiting)
            .into_iter()
            .map(|(due, key)| (key, due.saturating_duration_since(now)))
            .collect();
        state.bytes = 0;
        let entries = std::mem::take(&mut state.entries).into_iter();
        entries
            .map(|(key, entry)| (entry, due.get(&key).copied().unwrap_or_default()))
            .collect()
    }

    fn ages(&self) -> Vec<(String, String, Duration)> {
        let state = self.state();
        let mut known = HashSet::new();
        let mut ages = Vec::new();
        // The oldest come first.
        for entry in state.entries.values() {
            let target = &entry.event.target;
            if known.insert((target.name.as_str(), target.version.as_str())) {
                ages.push((target.name.clone(), target.version.clone(), entry.age()));
            }
        }
        ages
    }

    fn depth(&self) -> Depth {
        let state = self.state();
        Depth {
            events: state.entries.len(),
            leased: state.leased(),
            bytes: state.bytes,
            oldest: state
                .entries
                .first_key_value()
                .map(|(_, entry)| entry.age())
                .unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::testing::event;
    use super::{Entry, Memory, PushError, Queue, Source};

    const NOW: Duration = Duration::ZERO;

    async fn push(queue: &Memory, payload: &str, delay: Duration) -> Result<(), PushError> {
        let entry = Entry::new(event("f", payload));
        queue.push(entry, delay, Source::Caller).await
    }

    async fn next(queue: &Memory) -> String {
        let lease = queue.next().await.unwrap();
        String::from_utf8(lease.entry.event.payload.to_vec()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn events_come_when_they_are_due_and_then_in_the_order_of_acceptance() {
        let queue = Memory::new(10, 100);
        push(&queue, "late", Duration::from_secs(2)).await.unwrap();
        push(&queue, "soon", Duration::from_secs(1)).await.unwrap();
        push(&queue, "a", NOW).await.unwrap();
        push(&queue, "b", NOW).await.unwrap();
        for expected in ["a", "b", "soon", "late"] {
            assert_eq!(next(&queue).await, expected);
        }
    }

    #[tokio::test]
    async fn a_full_queue_refuses_by_count_and_by_bytes() {
        let queue = Memory::new(2, 100);
        push(&queue, "1", NOW).await.unwrap();
        push(&queue, "2", NOW).await.unwrap();
        let full = PushError::Full {
            events: 2,
            bytes: 2,
        };
        assert_eq!(push(&queue, "3", NOW).await, Err(full));

        let queue = Memory::new(100, 4);
        push(&queue, "123", NOW).await.unwrap();
        let full = PushError::Full {
            events: 1,
            bytes: 3,
        };
        assert_eq!(push(&queue, "45", NOW).await, Err(full));
        push(&queue, "4", NOW).await.unwrap();
        let spooled = Entry::new(event("f", "from an earlier process"));
        queue.push(spooled, NOW, Source::Spool).await.unwrap();
    }

    #[tokio::test]
    async fn a_leased_event_keeps_its_room_until_it_is_finished() {
        let queue = Memory::new(1, 100);
        push(&queue, "1", NOW).await.unwrap();
        let lease = queue.next().await.unwrap();
        assert!(push(&queue, "2", NOW).await.is_err());
        assert_eq!(queue.depth().leased, 1);
        queue.finish(lease).await;
        push(&queue, "2", NOW).await.unwrap();
        assert_eq!(queue.depth().bytes, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_queue_ends_when_nothing_is_due_or_leased() {
        let queue = Memory::new(10, 100);
        push(&queue, "due", NOW).await.unwrap();
        push(&queue, "later", Duration::from_secs(60))
            .await
            .unwrap();
        queue.close();
        assert_eq!(push(&queue, "new", NOW).await, Err(PushError::Closed));
        let lease = queue.next().await.unwrap();
        queue.put_back(lease, Duration::from_secs(90)).await;
        assert!(queue.next().await.is_none());
        tokio::time::advance(Duration::from_secs(10)).await;
        let rest: Vec<_> = queue
            .take_rest()
            .into_iter()
            .map(|(entry, left)| (entry.event.payload.clone(), left.as_secs()))
            .collect();
        assert_eq!(rest, [("due".into(), 80), ("later".into(), 50)]);
        assert_eq!(queue.depth(), super::Depth::default());
    }

    #[tokio::test(start_paused = true)]
    async fn depth_tells_the_age_of_the_oldest() {
        let queue = Memory::new(10, 100);
        push(&queue, "1", NOW).await.unwrap();
        tokio::time::advance(Duration::from_secs(5)).await;
        push(&queue, "2", NOW).await.unwrap();
        assert_eq!(queue.depth().oldest.as_secs(), 5);
        assert_eq!(queue.depth().events, 2);
    }
}
