//! Call sites made at run time: what `tracing` has to know of an event's origin.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use tracing_core::callsite::{self, Callsite, Identifier};
use tracing_core::field::FieldSet;
use tracing_core::metadata::Kind;
use tracing_core::subscriber::Interest;
use tracing_core::{Level, Metadata, dispatcher};

/// Where a plugin's event comes from. Leaked when it is made, for `tracing` keeps call sites for
/// the life of the process.
pub(super) struct Site {
    names: &'static [&'static str],
    interest: AtomicU8,
    /// Set before anybody sees the site. It cannot be there from the start, for it refers to it.
    metadata: OnceLock<Metadata<'static>>,
}

/// A site's fields are these, those of its records, and [`LAST`].
const FIRST: [&str; 2] = ["message", "request_id"];
const LAST: [&str; 3] = ["span", "more", "plugin_target"];

/// The most fields of a site.
pub(super) const MAX_FIELDS: usize = 32;

/// The most fields of its records.
pub(super) const MAX_NAMED: usize = MAX_FIELDS - FIRST.len() - LAST.len();

const NEVER: u8 = 0;
const SOMETIMES: u8 = 1;
const ALWAYS: u8 = 2;

impl Site {
    /// A new site, known to `tracing`. `named` has at most [`MAX_NAMED`] names.
    pub(super) fn leak<'a>(
        level: Level,
        target: &str,
        file: Option<&str>,
        line: Option<u32>,
        named: impl Iterator<Item = &'a str>,
    ) -> &'static Self {
        let named: Vec<_> = named.map(leak).collect();
        let names = [&FIRST, &*named, &LAST].concat();
        let site: &'static Self = Box::leak(Box::new(Self {
            names: names.leak(),
            ..Self::blank()
        }));
        site.metadata.get_or_init(|| {
            let fields = FieldSet::new(site.names, Identifier(site));
            let (target, file) = (leak(target), file.map(leak));
            let module = Some(target);
            Metadata::new(
                "event",
                target,
                level,
                file,
                line,
                module,
                fields,
                Kind::EVENT,
            )
        });
        callsite::register(site);
        site
    }

    const fn blank() -> Self {
        Self {
            names: &[],
            interest: AtomicU8::new(SOMETIMES),
            metadata: OnceLock::new(),
        }
    }

    /// What `tracing` knows of the site.
    pub(super) fn facts(&self) -> &Metadata<'static> {
        static BLANK: Site = Site::blank();
        static FACTS: Metadata<'static> = Metadata::new(
            "event",
            "shim::plugin",
            Level::TRACE,
            None,
            None,
            None,
            FieldSet::new(&[], Identifier(&BLANK)),
            Kind::EVENT,
        );
        self.metadata.get().unwrap_or(&FACTS)
    }

    /// The names of its records' fields.
    pub(super) fn named(&self) -> &[&'static str] {
        &self.names[FIRST.len()..self.names.len() - LAST.len()]
    }

    /// Whether the subscriber wants events from here.
    pub(super) fn is_enabled(&self) -> bool {
        match self.interest.load(Ordering::Relaxed) {
            NEVER => false,
            ALWAYS => true,
            _ => dispatcher::get_default(|dispatch| dispatch.enabled(self.facts())),
        }
    }
}

impl Callsite for Site {
    fn set_interest(&self, interest: Interest) {
        let interest = match interest {
            _ if interest.is_never() => NEVER,
            _ if interest.is_always() => ALWAYS,
            _ => SOMETIMES,
        };
        self.interest.store(interest, Ordering::Relaxed);
    }

    fn metadata(&self) -> &Metadata<'_> {
        self.facts()
    }
}

fn leak(text: &str) -> &'static str {
    text.to_owned().leak()
}
