//! Changes to a copy of this repository that stand for other versions of the ABI.

use std::path::Path;

/// A changed ABI.
#[derive(Debug)]
pub(crate) struct Variant {
    pub(super) name: &'static str,
    /// The ABI's version.
    pub(super) version: &'static str,
    edits: &'static [Edit],
}

/// In `file`, `old` becomes `new`.
#[derive(Debug)]
struct Edit {
    file: &'static str,
    old: &'static str,
    new: &'static str,
}

/// A later minor version: a function more at the end of each table, and both sides call them.
pub(crate) const NEWER: &Variant = &Variant {
    name: "newer",
    version: "1.99.0",
    edits: &[
        Edit {
            file: "plugin-api/abi/src/types.rs",
            old: "    pub log: extern \"C\" fn(record: &LogRecord<'_>),\n",
            new: "    pub log: extern \"C\" fn(record: &LogRecord<'_>),\n\
                  pub metric: extern \"C\" fn(name: RStr<'_>, value: u64),\n",
        },
        Edit {
            file: "plugin-api/abi/src/types.rs",
            old: "    ) -> RResult<AbiReply, AbiRun>,\n",
            new: "    ) -> RResult<AbiReply, AbiRun>,\n\
                  pub added: extern \"C\" fn(number: u64) -> u64,\n",
        },
        Edit {
            file: "plugin-api/abi/src/glue/export.rs",
            old: "        flags: E::FLAGS,\n",
            new: "        flags: E::FLAGS,\n        added: { extern \"C\" fn added(number: u64) -> u64 { number + 1 } added },\n",
        },
        Edit {
            file: "plugin-api/abi/src/glue/export.rs",
            old: "    let setup = runtime::Setup::from_fields(",
            new: "    if let Some(metric) = host.metric() { metric(\"attached\".into(), 7) }\n\
                  let setup = runtime::Setup::from_fields(",
        },
        Edit {
            file: "shim/src/plugin/host.rs",
            old: "WithMetadata::new(HostApi {\n",
            new: "WithMetadata::new(HostApi {\n\
                  metric: { extern \"C\" fn metric(name: RStr<'_>, value: u64) {\n\
                      tracing::info!(\"metric {name} {value}\");\n\
                  } metric },\n",
        },
        Edit {
            file: "shim/src/plugin/opened.rs",
            old: "        match module.init()(",
            new: "        tracing::info!(\"added {:?}\", module.added().map(|added| added(41)));\n\
                  match module.init()(",
        },
    ],
};

/// An earlier state: a table that ends where tables ended at first.
pub(crate) const SHORTER: &Variant = &Variant {
    name: "shorter",
    version: plugin_api_abi::ABI_VERSION,
    edits: &[
        Edit {
            file: "plugin-api/abi/src/types.rs",
            old: "    pub run_inline: ",
            new: "    #[cfg(any())]\n    pub run_inline: ",
        },
        Edit {
            file: "plugin-api/abi/src/glue/export.rs",
            old: "        run_inline: run::run_inline::<E>,\n",
            new: "",
        },
    ],
};

/// The next major version.
pub(crate) const INCOMPATIBLE: &Variant = &Variant {
    name: "incompatible",
    version: "2.0.0",
    edits: &[],
};

/// This version, but with another type in it.
pub(crate) const DIFFERENT: &Variant = &Variant {
    name: "different",
    version: plugin_api_abi::ABI_VERSION,
    edits: &[
        Edit {
            file: "plugin-api/abi/src/types.rs",
            old: "    pub place: u32,\n",
            new: "    pub place: u64,\n",
        },
        Edit {
            file: "plugin-api/abi/src/glue/run.rs",
            old: "    let place = request.place;\n",
            new: "    let place = request.place as u32;\n",
        },
        Edit {
            file: "shim/src/plugin/request.rs",
            old: "place: place.number(),",
            new: "place: place.number().into(),",
        },
    ],
};

impl Variant {
    /// The text of a file with the changes to it.
    pub(super) fn apply(&self, file: &Path, mut text: String) -> String {
        for edit in self
            .edits
            .iter()
            .filter(|edit| Path::new(edit.file) == file)
        {
            assert_eq!(
                text.matches(edit.old).count(),
                1,
                "tests/abi/builds/variants.rs changes this line of {}, which is not there once:\n{}",
                edit.file,
                edit.old
            );
            text = text.replace(edit.old, edit.new);
        }
        text
    }
}
