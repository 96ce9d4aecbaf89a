//! The call sites that were made, found again by what makes them differ: first in a small cache of
//! the thread's, then in the process's table.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::iter;
use std::sync::{LazyLock, OnceLock, PoisonError, RwLock};

use tracing::Level;

use super::PluginRecord;
use super::key::Key;
use super::site::Site;

/// The most sites that are made for plugins' records.
const LIMIT: usize = 4096;

static SITES: LazyLock<Sites> = LazyLock::new(|| Sites::new(LIMIT));

const RECENT_SLOTS: usize = 64;

thread_local! {
    static RECENT: [Cell<Option<&'static Site>>; RECENT_SLOTS] =
        const { [const { Cell::new(None) }; RECENT_SLOTS] };
}

/// The site of a record, made when there is none yet: its own, or one shared by all records of its
/// level that have none of their own.
pub(super) fn site_of(record: &PluginRecord<'_>) -> (&'static Site, Whose) {
    let Some(key) = Key::of(record) else {
        return (SITES.shared(record.level), Whose::Shared);
    };
    let recent = RECENT.try_with(|recent| {
        let site = recent[key.mix() % RECENT_SLOTS].get();
        site.filter(|site| key.is_of(site))
    });
    if let Ok(Some(site)) = recent {
        return (site, Whose::Own);
    }
    let (site, whose) = SITES.find(&key);
    if whose == Whose::Own {
        // On a thread that ends there is no cache any more.
        let _ = RECENT.try_with(|recent| recent[key.mix() % RECENT_SLOTS].set(Some(site)));
    }
    (site, whose)
}

/// Whether a record has its site for itself and its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Own,
    Shared,
}

struct Sites {
    limit: usize,
    hasher: RandomState,
    own: RwLock<Own>,
    shared: [OnceLock<&'static Site>; 5],
}

#[derive(Default)]
struct Own {
    count: usize,
    by_hash: HashMap<u64, Vec<&'static Site>>,
}

impl Sites {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            hasher: RandomState::new(),
            own: RwLock::default(),
            shared: Default::default(),
        }
    }

    fn find(&self, key: &Key<'_>) -> (&'static Site, Whose) {
        let hash = self.hasher.hash_one(key);
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        let found = own.get(hash, key);
        let full = own.count >= self.limit;
        drop(own);
        match found {
            Some(site) => (site, Whose::Own),
            None if full => (self.shared(key.level), Whose::Shared),
            None => self.make(hash, key),
        }
    }

    #[cold]
    fn make(&self, hash: u64, key: &Key<'_>) -> (&'static Site, Whose) {
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been here in between.
        if let Some(site) = own.get(hash, key) {
            return (site, Whose::Own);
        }
        if own.count >= self.limit {
            drop(own);
            return (self.shared(key.level), Whose::Shared);
        }
        let site = Site::leak(key.level, key.target, key.file, key.line, key.names());
        own.count += 1;
        own.by_hash.entry(hash).or_default().push(site);
        (site, Whose::Own)
    }

    fn shared(&self, level: Level) -> &'static Site {
        let slot = match level {
            Level::ERROR => &self.shared[0],
            Level::WARN => &self.shared[1],
            Level::INFO => &self.shared[2],
            Level::DEBUG => &self.shared[3],
            Level::TRACE => &self.shared[4],
        };
        slot.get_or_init(|| Site::leak(level, "shim::plugin", None, None, iter::empty()))
    }
}

impl Own {
    fn get(&self, hash: u64, key: &Key<'_>) -> Option<&'static Site> {
        let sites = self.by_hash.get(&hash)?;
        sites.iter().find(|site| key.is_of(site)).copied()
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::super::key::Key;
    use super::super::{FieldValue, PluginRecord};
    use super::{Sites, Whose, site_of};

    fn record<'a>(line: u32, fields: &'a [(&'a str, FieldValue<'a>)]) -> PluginRecord<'a> {
        PluginRecord {
            level: Level::INFO,
            target: "sites",
            message: "",
            file: Some("f.rs"),
            line: Some(line),
            request_id: None,
            spans: None,
            fields,
        }
    }

    fn find(sites: &Sites, record: &PluginRecord<'_>) -> (*const super::Site, Whose) {
        let (site, whose) = sites.find(&Key::of(record).unwrap());
        (site, whose)
    }

    #[test]
    fn only_so_many_sites_are_made() {
        let sites = Sites::new(2);
        let fields = [("a", FieldValue::U64(1))];
        let first = find(&sites, &record(1, &[]));
        let second = find(&sites, &record(1, &fields));
        assert_eq!((first.1, second.1), (Whose::Own, Whose::Own));
        assert_ne!(first.0, second.0);

        let third = find(&sites, &record(2, &[]));
        assert_eq!(third.1, Whose::Shared);
        assert_eq!(find(&sites, &record(3, &fields)), third);
        assert_eq!(find(&sites, &record(1, &[])), first);
        assert_eq!(sites.own.read().unwrap().count, 2);
    }

    #[test]
    fn sites_are_told_apart_even_in_the_same_slot_of_the_cache() {
        let one = [("a", FieldValue::U64(1))];
        let other = [("b", FieldValue::Str("x"))];
        let (a, _) = site_of(&record(1, &one));
        let (b, _) = site_of(&record(1, &other));
        assert_eq!((a.named(), b.named()), (&["a"][..], &["b"][..]));
        assert!(std::ptr::eq(site_of(&record(1, &one)).0, a));
        let warn = PluginRecord {
            level: Level::WARN,
            ..record(1, &one)
        };
        assert_eq!(*site_of(&warn).0.facts().level(), Level::WARN);
    }
}
