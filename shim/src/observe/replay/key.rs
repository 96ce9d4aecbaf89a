//! What makes one call site of a plugin differ from another.

use std::hash::{Hash, Hasher};

use tracing::Level;

use super::site::{MAX_NAMED, Site};
use super::{FieldValue, PluginRecord};

/// Longer strings are not kept.
const MAX_TARGET: usize = 128;
const MAX_FILE: usize = 512;
const MAX_NAME: usize = 64;

/// What makes a site differ from others.
pub(super) struct Key<'a> {
    pub(super) level: Level,
    pub(super) target: &'a str,
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
    named: &'a [(&'a str, FieldValue<'a>)],
}

impl<'a> Key<'a> {
    /// `None` when the record's strings are too long to be kept.
    pub(super) fn of(record: &PluginRecord<'a>) -> Option<Self> {
        let file = record.file.filter(|file| file.len() <= MAX_FILE);
        let fields = record.fields.iter().take(MAX_NAMED);
        let named = fields
            .take_while(|(name, _)| name.len() <= MAX_NAME)
            .count();
        (record.target.len() <= MAX_TARGET).then_some(Self {
            level: record.level,
            target: record.target,
            file,
            line: record.line,
            named: &record.fields[..named],
        })
    }

    /// The names of its fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.named.iter().map(|(name, _)| *name)
    }

    /// A number that often differs where keys do; quick, not good.
    pub(super) fn mix(&self) -> usize {
        let line = self.line.unwrap_or_default() as usize;
        let lengths = self.target.len() * 7 + self.file.map_or(0, str::len) * 31;
        line + lengths + self.named.len()
    }

    /// Whether it is the key of `site`.
    pub(super) fn is_of(&self, site: &Site) -> bool {
        let facts = site.facts();
        *facts.level() == self.level
            && facts.line() == self.line
            && facts.target() == self.target
            && facts.file() == self.file
            && site.named().iter().copied().eq(self.names())
    }
}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.level, self.target, self.file, self.line).hash(state);
        self.names().for_each(|name| name.hash(state));
    }
}
