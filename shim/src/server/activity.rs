//! What a connection is doing, and since when: written by the connection, read by the sweeper.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering, fence};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Waker};

use super::clock::Clock;

/// What a connection without requests in flight is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// It waits for the next request.
    Idle,
    /// It was opened, or the first bytes of a request have come.
    Head,
    /// It is closing and reads what the client still sends.
    Closing,
}

/// What a connection is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Order {
    /// Nothing.
    Run,
    /// Finish what is in flight and close.
    Drain,
    /// Close now, whatever is in flight.
    Kill,
}

/// The units of [`Activity::requests`].
const ONE: u64 = 1;
const OURS: u64 = 1 << 32;

/// Shared by one connection's task, the requests in flight on it, and the sweeper.
///
/// All stamps are those of the coarse [`Clock`]. Everything is relaxed: a stamp that is seen late
/// delays a timeout by a round.
#[derive(Debug)]
pub(super) struct Activity {
    clock: Arc<Clock>,
    /// Requests in flight in the lower half; in the upper half, how many of them wait for us and
    /// not for the client to take more of the response.
    requests: AtomicU64,
    phase: AtomicU8,
    /// When the phase began, or the client last took something.
    since: AtomicU64,
    /// When the client stopped to take bytes that wait for it; 0 while it takes them.
    stalled_since: AtomicU64,
    /// The last request had a body, some of which may still arrive.
    had_body: AtomicBool,
    /// Some request had a body.
    had_bodies: AtomicBool,
    order: AtomicU8,
    waker: OnceLock<Waker>,
}

/// What the sweeper sees of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Snapshot {
    pub(super) in_flight: u32,
    /// How many of the requests in flight wait for us.
    pub(super) ours: u32,
    pub(super) phase: Phase,
    pub(super) since: u64,
    pub(super) stalled_since: Option<u64>,
    pub(super) order: Order,
}

impl Activity {
    pub(super) fn new(clock: Arc<Clock>) -> Self {
        Self {
            requests: AtomicU64::new(0),
            phase: AtomicU8::new(Phase::Head as u8),
            since: AtomicU64::new(clock.now()),
            stalled_since: AtomicU64::new(0),
            had_body: AtomicBool::new(false),
            had_bodies: AtomicBool::new(false),
            order: AtomicU8::new(Order::Run as u8),
            waker: OnceLock::new(),
            clock,
        }
    }

    /// A request's head is complete. `one_at_a_time` is as in [`request_ends`](Self::request_ends).
    pub(super) fn request_begins(&self, has_body: bool, one_at_a_time: bool) {
        self.count(ONE + OURS, one_at_a_time);
        self.phase.store(Phase::Idle as u8, Ordering::Relaxed);
        self.had_body.store(has_body, Ordering::Relaxed);
        if has_body {
            self.had_bodies.store(true, Ordering::Relaxed);
        }
    }

    /// Whether any request so far had a body.
    pub(super) fn has_had_bodies(&self) -> bool {
        self.had_bodies.load(Ordering::Relaxed)
    }

    /// Its response is handed over, or it was given up; `ours` is whose turn it was. `one_at_a_time`:
    /// the connection carries no others meanwhile, and all of it is one task.
    pub(super) fn request_ends(&self, ours: bool, one_at_a_time: bool) {
        // In this order: "nothing in flight" must not be seen with the stamp of long ago.
        self.progress();
        let one = if ours { ONE + OURS } else { ONE };
        self.count(one.wrapping_neg(), one_at_a_time);
    }

    /// Locks nothing where nobody else counts.
    fn count(&self, change: u64, one_at_a_time: bool) {
        if one_at_a_time {
            let requests = self.requests.load(Ordering::Relaxed);
            self.requests
                .store(requests.wrapping_add(change), Ordering::Release);
        } else {
            self.requests.fetch_add(change, Ordering::Release);
        }
    }

    /// The client can take more of one response, which is not there yet.
    pub(super) fn our_turn(&self) {
        self.requests.fetch_add(OURS, Ordering::Relaxed);
    }

    /// One response waits for the client to take more of it.
    pub(super) fn clients_turn(&self) {
        self.progress();
        self.requests.fetch_sub(OURS, Ordering::Release);
    }

    /// The client takes, or is given, something.
    pub(super) fn progress(&self) {
        self.since.store(self.clock.now(), Ordering::Relaxed);
    }

    /// Whether requests are in flight.
    pub(super) fn is_answering(&self) -> bool {
        self.requests.load(Ordering::Relaxed) != 0
    }

    /// Bytes have come on a connection that carries one request at a time.
    pub(super) fn bytes_arrived(&self) {
        if self.phase.load(Ordering::Relaxed) == Phase::Idle as u8
            && self.requests.load(Ordering::Relaxed) == 0
        {
            self.enter(Phase::Head);
        }
    }

    /// The client takes no more bytes.
    pub(super) fn write_stalls(&self) {
        self.stalled_since
            .store(self.clock.now(), Ordering::Relaxed);
    }

    /// It takes bytes again.
    pub(super) fn write_flows(&self) {
        self.progress();
        self.stalled_since.store(0, Ordering::Relaxed);
    }

    /// The connection has said its last. Tells whether the client may still be sending something
    /// that was refused.
    pub(super) fn closes(&self) -> bool {
        let mid_head = self.phase.load(Ordering::Relaxed) == Phase::Head as u8;
        self.enter(Phase::Closing);
        mid_head || self.had_body.load(Ordering::Relaxed)
    }

    /// Lets orders wake the task that polls with `cx`: always the same one.
    pub(super) fn obey(&self, cx: &Context<'_>) {
        if self.waker.get().is_none() {
            // A connection has one task, so nobody else has set it in between.
            let _ = self.waker.set(cx.waker().clone());
            // With the fence in `give`: an order that found no waker is seen by this poll.
            fence(Ordering::SeqCst);
        }
    }

    pub(super) fn order(&self) -> Order {
        match self.order.load(Ordering::Relaxed) {
            0 => Order::Run,
            1 => Order::Drain,
            _ => Order::Kill,
        }
    }

    /// Gives an order, unless a stronger one was given.
    pub(super) fn give(&self, order: Order) {
        if self.order.fetch_max(order as u8, Ordering::Relaxed) < order as u8 {
            let seen = self.snapshot();
            if order == Order::Drain && seen.phase == Phase::Idle && seen.in_flight == 0 {
                // Kept open for another request, so the last one's body was read to its end.
                self.had_body.store(false, Ordering::Relaxed);
            }
            fence(Ordering::SeqCst);
            if let Some(waker) = self.waker.get() {
                waker.wake_by_ref();
            }
        }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let requests = self.requests.load(Ordering::Acquire);
        let stalled_since = self.stalled_since.load(Ordering::Relaxed);
        Snapshot {
            in_flight: (requests & (OURS - 1)) as u32,
            ours: (requests >> 32) as u32,
            phase: match self.phase.load(Ordering::Relaxed) {
                0 => Phase::Idle,
                1 => Phase::Head,
                _ => Phase::Closing,
            },
            since: self.since.load(Ordering::Relaxed),
            stalled_since: (stalled_since != 0).then_some(stalled_since),
            order: self.order(),
        }
    }

    fn enter(&self, phase: Phase) {
        self.progress();
        self.phase.store(phase as u8, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_body_that_may_still_come_is_waited_for() {
        let answered = |while_in_flight: Order, idle: Order| {
            let activity = Activity::new(Arc::new(Clock::new()));
            activity.request_begins(true, true);
            activity.give(while_in_flight);
            activity.request_ends(true, true);
            activity.give(idle);
            activity.closes()
        };
        assert!(
            answered(Order::Run, Order::Run),
            "closed by its own response"
        );
        assert!(
            answered(Order::Drain, Order::Run),
            "told to close while it was answered"
        );
        assert!(
            !answered(Order::Run, Order::Drain),
            "told to close when it was idle"
        );
    }
}
