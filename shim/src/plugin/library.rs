//! From an examined file to the exported table of one handler: the only place that maps plugins.

use std::path::{Path, PathBuf};

use abi_stable::abi_stability::StableAbi;
use abi_stable::abi_stability::abi_checking::{AbiInstabilityErrors, check_layout_compatibility};
use abi_stable::library::{AbiHeader, AbiHeaderRef, LibraryError};
use abi_stable::type_layout::TLFieldOrFunction;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use plugin_api_abi::SYMBOL_PREFIX;
use plugin_api_abi::types::HandlerModRef;

use super::LoadError;
use super::mark;
use super::preflight::{ABI_VERSION, Label};

/// `RTLD_NODELETE` of glibc and musl: the object stays mapped even if somebody closes it.
const RTLD_NODELETE: std::ffi::c_int = 0x1000;

/// A mapped plugin. Never unmapped (I2): plugins leave thread-locals and threads behind.
#[derive(Debug, Clone)]
pub(super) struct Mapped {
    path: PathBuf,
    library: &'static Library,
}

impl Mapped {
    /// Maps the file at `path`, which runs its initialisers. Errors speak of it as `shown`.
    ///
    /// `path` is absolute: a bare name would be searched in `LD_LIBRARY_PATH`.
    pub(super) fn open(path: &Path, shown: &Path) -> Result<Self, LoadError> {
        mark::keep();
        let flags = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;
        // SAFETY: (I1) the caller has examined the file at this absolute path: it is a whole
        // shared object for this machine, made from this ABI. What its initialisers do is covered
        // by the trust that `docs/safety.md` states.
        let library = unsafe { Library::open(Some(path), flags) };
        let library = library.map_err(|error| LoadError::Open {
            path: shown.to_owned(),
            reason: dlerror_text(&error),
        })?;
        Ok(Self {
            path: shown.to_owned(),
            library: Box::leak(Box::new(library)),
        })
    }

    /// The table of the handler named `name`, its layout checked.
    pub(super) fn handler(&self, name: &str, label: &Label) -> Result<HandlerModRef, LoadError> {
        let symbol = format!("{SYMBOL_PREFIX}{name}");
        // SAFETY: (I1) the plugin's records promise this symbol, and the macro that wrote them
        // exports a `LibHeader` under it, whose address is what an `AbiHeaderRef` is.
        let header = unsafe { self.library.get::<AbiHeaderRef>(symbol.as_bytes()) };
        let header = header.map_err(|error| LoadError::Symbol {
            path: self.path.clone(),
            symbol: symbol.clone(),
            reason: dlerror_text(&error),
        })?;
        let header = header
            .upgrade()
            .map_err(|error| self.abi_stable(&upgrade_text(error)))?;
        let theirs = header
            .layout()
            .ok_or_else(|| self.abi_stable("it exports no layout"))?;

        // With additive changes one side's types are always a prefix of the other's. abi_stable's
        // own check looks one way only and would refuse an older plugin.
        let ours = <HandlerModRef as StableAbi>::LAYOUT;
        // The same text of the same definitions has the same layout.
        if label.layout.as_deref() != Some(plugin_api_abi::record::LAYOUT)
            && let Err(newer) = check_layout_compatibility(ours, theirs)
            && check_layout_compatibility(theirs, ours).is_err()
        {
            return Err(LoadError::Layout {
                path: self.path.clone(),
                theirs: label.abi,
                ours: ABI_VERSION,
                detail: gist(&newer),
            });
        }
        // SAFETY: (I3) the layout was compared just now, or both were made from the same definitions.
        let module = unsafe { header.unchecked_layout::<HandlerModRef>() };
        module.map_err(|error| self.abi_stable(&error.to_string()))
    }

    fn abi_stable(&self, reason: &str) -> LoadError {
        LoadError::AbiStable {
            path: self.path.clone(),
            reason: reason.replace('\n', " "),
        }
    }
}

/// abi_stable's own text is a dump of bytes.
fn upgrade_text(error: LibraryError) -> String {
    match error {
        LibraryError::InvalidAbiHeader(theirs) => {
            let ours = AbiHeader::VALUE;
            format!(
                "its abi_stable is {}.{}, this shim's {}.{}",
                theirs.abi_major, theirs.abi_minor, ours.abi_major, ours.abi_minor
            )
        }
        other => other.to_string(),
    }
}

/// What the dynamic linker said: libloading's own text leaves it out.
fn dlerror_text(error: &libloading::Error) -> String {
    let cause = std::error::Error::source(error);
    cause.map_or_else(|| error.to_string(), ToString::to_string)
}

/// What differs first, in a few words: abi_stable's own report runs to thousands of characters, and
/// what writes it to tens of thousands of bytes.
fn gist(report: &AbiInstabilityErrors) -> String {
    let last = report.errors.last();
    let Some(pair) = last.and_then(|error| error.stack_trace.last()) else {
        return "the types of the handler's table differ".to_owned();
    };
    let (ours, theirs) = (&pair.expected, &pair.found);
    let mut gist = match (ours, theirs) {
        (TLFieldOrFunction::Field(ours), TLFieldOrFunction::Field(theirs)) => format!(
            "field `{}` is {} here and {} there",
            theirs.name(),
            ours.layout().full_type(),
            theirs.layout().full_type()
        ),
        (_, TLFieldOrFunction::Field(theirs)) => format!("field `{}`", theirs.name()),
        (_, TLFieldOrFunction::Function(theirs)) => format!("function `{}`", theirs.name),
    };
    if let Some((end, _)) = gist.char_indices().nth(300) {
        gist.truncate(end);
    }
    gist
}
