//! How a plugin is set up.

use abi_stable::std_types::RVec;
use plugin_api_abi::fields::{FieldsWriter, tag};

/// How a plugin is set up, once for all of its handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Setup {
    /// Worker threads of its runtime; 0: as many as there are cores.
    pub threads: usize,
    /// `init`, `start` and `stop` begin on the thread that asks for them, which they may block.
    /// Saves a process that has nothing else to do the making of threads.
    pub lifecycle_inline: bool,
    /// The plugin makes its runtime when it is first needed, or when
    /// [`Handler::ready`](super::Handler::ready) is called: a handler without an `init` of its own
    /// needs none until it runs.
    pub later: bool,
}

impl Setup {
    pub(super) fn to_fields(self) -> RVec<u8> {
        let mut fields = FieldsWriter::default();
        let threads = u32::try_from(self.threads).unwrap_or(u32::MAX);
        fields.put(tag::THREADS, &threads.to_le_bytes());
        if self.lifecycle_inline {
            fields.put(tag::LIFECYCLE_INLINE, &[1]);
        }
        if self.later {
            fields.put(tag::SET_UP_LATER, &[1]);
        }
        fields.finish()
    }
}
