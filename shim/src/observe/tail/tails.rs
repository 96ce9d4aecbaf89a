//! The tails that there are, found by their request id.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::ring::Ring;
use crate::invocation::RequestId;
use crate::observe::logs;
use crate::observe::replay::PluginRecord;

/// How many tails there are. Every record of every plugin reads it, so that it has a line of the
/// cache for itself.
#[repr(align(128))]
struct Count(AtomicUsize);

static COUNT: Count = Count(AtomicUsize::new(0));

static TAILS: LazyLock<Tails> = LazyLock::new(Tails::default);

/// Some maps, each behind a lock of its own that is held for a look-up only.
#[derive(Default)]
struct Tails {
    hasher: RandomState,
    shards: [Shard; Tails::SHARDS],
}

#[derive(Default)]
#[repr(align(128))]
struct Shard(Mutex<HashMap<RequestId, Arc<Ring>>>);

impl Tails {
    const SHARDS: usize = 16;

    fn shard(&self, id: &RequestId) -> MutexGuard<'_, HashMap<RequestId, Arc<Ring>>> {
        let hash = self.hasher.hash_one(id) as usize;
        let shard = &self.shards[hash % Self::SHARDS];
        // No code that could panic runs under the lock.
        shard.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Appends what is logged under `id` to `ring` from now on: whether it does, which is not so when
/// there is one for it already.
pub(super) fn register(id: &RequestId, ring: &Arc<Ring>) -> bool {
    match TAILS.shard(id).entry(*id) {
        Entry::Occupied(_) => return false,
        Entry::Vacant(vacant) => vacant.insert(Arc::clone(ring)),
    };
    // Whatever hands the invocation to another thread makes this visible there, too.
    COUNT.0.fetch_add(1, Ordering::Relaxed);
    true
}

/// Ends what [`register`] began.
pub(super) fn unregister(id: &RequestId) {
    if TAILS.shard(id).remove(id).is_some() {
        COUNT.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Appends a plugin's record to the tail of its request id, if there is one.
///
/// From any thread. No lock is held while the line is written, and the tail's own one only while
/// it is copied there.
pub(in crate::observe) fn hear(record: &PluginRecord<'_>) {
    if COUNT.0.load(Ordering::Relaxed) != 0 {
        append(record);
    }
}

#[cold]
fn append(record: &PluginRecord<'_>) {
    // What is no request id of the host's has no tail.
    let Some(id) = record.request_id.and_then(RequestId::parse) else {
        return;
    };
    let ring = TAILS.shard(&id).get(&id).cloned();
    if let Some(ring) = ring {
        logs::with_record(record, |line| ring.push(line));
    }
}
