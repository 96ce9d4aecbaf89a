//! All open connections of a listener.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::activity::{Activity, Order};
use super::clock::Clock;

/// Who is there. The lock is taken when a connection opens or closes and by each round of the
/// sweeper, never for a request.
#[derive(Debug)]
pub(super) struct Connections {
    clock: Arc<Clock>,
    next: AtomicU64,
    open: Mutex<Open>,
    all_closed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    activities: HashMap<u64, Arc<Activity>>,
    draining: bool,
}

impl Connections {
    pub(super) fn new(clock: Arc<Clock>) -> Arc<Self> {
        Arc::new(Self {
            clock,
            next: AtomicU64::new(0),
            open: Mutex::default(),
            all_closed: Notify::new(),
        })
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A new connection; it is there until the returned value is dropped.
    pub(super) fn join(self: &Arc<Self>) -> Member {
        let activity = Arc::new(Activity::new(self.clock.clone()));
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut open = self.lock();
        if open.draining {
            activity.give(Order::Drain);
        }
        open.activities.insert(id, activity.clone());
        drop(open);
        Member {
            id,
            activity,
            connections: self.clone(),
        }
    }

    /// Lets every connection finish what is in flight, and close.
    pub(super) fn drain(&self) {
        let mut open = self.lock();
        open.draining = true;
        for activity in open.activities.values() {
            activity.give(Order::Drain);
        }
    }

    /// Ends every connection; the number of connections and of requests cut off.
    pub(super) fn kill(&self) -> (usize, usize) {
        let open = self.lock();
        let mut requests = 0;
        for activity in open.activities.values() {
            requests += activity.snapshot().in_flight as usize;
            activity.give(Order::Kill);
        }
        (open.activities.len(), requests)
    }

    /// Looks at each connection in turn.
    pub(super) fn each(&self, look: impl FnMut(&Arc<Activity>)) {
        self.lock().activities.values().for_each(look);
    }

    /// Returns when no connection is left. For one caller.
    pub(super) async fn all_closed(&self) {
        while !self.lock().activities.is_empty() {
            self.all_closed.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Nothing in here panics half-way through a change.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One open connection's place among the others.
#[derive(Debug)]
pub(super) struct Member {
    id: u64,
    activity: Arc<Activity>,
    connections: Arc<Connections>,
}

impl Member {
    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.activities.remove(&self.id);
        if open.activities.is_empty() {
            self.connections.all_closed.notify_one();
        }
    }
}
