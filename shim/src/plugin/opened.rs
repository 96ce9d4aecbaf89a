//! An opened plugin file.

use std::fmt;
use std::os::fd::IntoRawFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use abi_stable::std_types::RResult;
use plugin_api_abi::fault::Fault;
use plugin_api_abi::fields::Fields;
use plugin_api_abi::types::{ERROR_PANIC, HandlerModRef};

use super::description::Description;
use super::handler::Handler;
use super::library::Mapped;
use super::preflight::{self, Label};
use super::request::FunctionSettings;
use super::setup::Setup;
use super::{LoadError, host};

/// A plugin in this process. Mapped for as long as the process lives.
#[derive(Debug)]
pub struct Plugin {
    label: Label,
    mapped: Mapped,
    in_use: Arc<InUse>,
}

/// One build of a plugin at one place: all that is opened from it shares code and runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Build(PathBuf, Identity);

impl Plugin {
    /// How long a handler's `init` may take.
    pub const INIT_LIMIT: Duration = Duration::from_secs(10);

    /// Examines the file at `path` and maps it, which runs its initialisers but none of its
    /// handlers' code.
    ///
    /// Blocks on the disk: call it at start, not on a request path. A file that was replaced since
    /// it was opened here before is a new plugin; both stay.
    ///
    /// # Errors
    /// The file is no plugin, or not one for this shim on this system.
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        let label = preflight::read_label(path)?;
        if label.panic == preflight::PanicStrategy::Abort {
            tracing::warn!(
                plugin = %label.path.display(),
                "built with panic=abort: a panic in it ends this process; \
                 remove `panic = \"abort\"` from its profile"
            );
        }
        let mapped = Build::at(&label.path)?.map();
        if let Err(LoadError::Open { .. }) = &mapped {
            // What the dynamic linker refuses has not run; the examination says better why.
            preflight::examine(path)?;
        }
        let (mapped, in_use) = mapped?;
        Ok(Self {
            label,
            mapped,
            in_use,
        })
    }

    /// What it says of itself.
    pub fn label(&self) -> &Label {
        &self.label
    }

    /// Chooses a handler: the one named `wanted`; without a name the only one there is, or else
    /// the one that is called `handler`.
    ///
    /// # Errors
    /// There is no such handler, or several and none was named; both list the handlers there are.
    pub fn choose(&self, wanted: Option<&str>) -> Result<&str, LoadError> {
        self.label.choose(wanted)
    }

    /// What a handler says of its types. Runs the `Default` of its response type on this thread,
    /// and nothing else of it: neither the plugin's runtime nor the handler's `init`. Call it at
    /// start, not on a request path, and once for each function.
    ///
    /// # Errors
    /// There is no such handler, or its table does not fit.
    pub fn describe(&self, handler: &str) -> Result<Description, LoadError> {
        let handler = self.choose(Some(handler))?;
        let module = self.mapped.handler(handler, &self.label)?;
        let declares = self.label.handlers.iter().find(|info| info.name == handler);
        let errors = declares.map(|info| info.errors.clone());
        let said = Fields::new(module.describe()());
        Ok(Description::new(
            module.flags(),
            &said,
            errors.unwrap_or_default(),
        ))
    }

    /// Sets the plugin up, if this is its first handler, and runs the handler's `init` for a
    /// function, where `setup` says. How long that may take, be it
    /// [`INIT_LIMIT`](Self::INIT_LIMIT) or what Lambda allows, is the caller's business.
    ///
    /// # Errors
    /// The handler's table does not fit, or `init` failed or panicked.
    pub async fn init(
        &self,
        handler: &str,
        settings: &FunctionSettings,
        setup: Setup,
    ) -> Result<Handler, LoadError> {
        let module = self.mapped.handler(handler, &self.label)?;
        let (path, name) = (|| self.label.path.clone(), || handler.to_owned());
        let failed = |fault: Fault| match fault.kind {
            ERROR_PANIC => {
                let at = fault
                    .location
                    .map(|location| format!(" at {location}"))
                    .unwrap_or_default();
                let message = format!("{}{at}", fault.message);
                LoadError::InitPanicked {
                    path: path(),
                    handler: name(),
                    message,
                }
            }
            _ => LoadError::InitFailed {
                path: path(),
                handler: name(),
                name: fault.name,
                message: fault.message,
            },
        };
        self.in_use.attached(module);
        if let RResult::RErr(error) = module.attach()(host::HOST, setup.to_fields()) {
            return Err(failed(error.into()));
        }
        match module.init()(settings.to_fields()).await {
            RResult::ROk(raw) => Ok(Handler::new(module, raw, self.in_use.clone())),
            RResult::RErr(error) => Err(failed(error.into())),
        }
    }
}

/// Which file a path led to when it was opened.
type Identity = (u64, u64, i64, i64, u64);

/// The builds that are mapped: what is opened again is what is there already, as long as it is used.
static OPENED: Mutex<Vec<Opened>> = Mutex::new(Vec::new());

struct Opened {
    build: Build,
    mapped: Mapped,
    in_use: Weak<InUse>,
}

/// Held by whoever uses a mapped build. When the last one lets go, the plugin's runtime ends: no
/// handler of this mapping works afterwards, and the build, if it comes back, is mapped anew.
#[derive(Default)]
pub(super) struct InUse(OnceLock<HandlerModRef>);

impl InUse {
    /// The plugin is set up through this table.
    fn attached(&self, module: HandlerModRef) {
        // They all lead to the same runtime.
        let _ = self.0.set(module);
    }
}

impl fmt::Debug for InUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InUse").finish_non_exhaustive()
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        if let Some(module) = self.0.take() {
            let millis = u64::try_from(LAST_TASKS.as_millis()).unwrap_or(u64::MAX);
            // It waits for the tasks of handlers, which nobody here should do. Without a thread for
            // it the runtime stays, and does no harm.
            let _ = std::thread::Builder::new()
                .name("shim-retire".to_owned())
                .spawn(move || module.shutdown()(millis));
        }
    }
}

/// How long what handlers have spawned may take when their plugin is not used any more.
const LAST_TASKS: Duration = Duration::from_secs(25);

impl Build {
    fn at(path: &Path) -> Result<Self, LoadError> {
        let meta = std::fs::metadata(path).map_err(|error| LoadError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        let identity = (
            meta.dev(),
            meta.ino(),
            meta.mtime(),
            meta.mtime_nsec(),
            meta.size(),
        );
        Ok(Self(path.to_owned(), identity))
    }

    /// Maps it, unless it is mapped and in use.
    fn map(&self) -> Result<(Mapped, Arc<InUse>), LoadError> {
        let path = &self.0;
        // Held while the file is mapped: of two that come at once, one waits for the other.
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |opened: &&Opened| opened.build == *self;
        if let Some(found) = opened.iter().find(same)
            && let Some(in_use) = found.in_use.upgrade()
        {
            return Ok((found.mapped.clone(), in_use));
        }
        let mapped = if opened.iter().any(|opened| opened.build.0 == *path) {
            let copy = own_name(path)?;
            let mapped = map_copy(&copy, path);
            // Mapped or refused, the name is not needed any more.
            let _ = std::fs::remove_file(&copy);
            mapped?
        } else {
            Mapped::open(path, path)?
        };
        let in_use = Arc::new(InUse::default());
        // One entry for each path at least: its name is known to the dynamic linker from now on.
        opened.retain(|opened| opened.build != *self);
        opened.push(Opened {
            build: self.clone(),
            mapped: mapped.clone(),
            in_use: Arc::downgrade(&in_use),
        });
        Ok((mapped, in_use))
    }
}

/// Maps `copy`, which is about to lose its name, under one that it keeps for as long as the process
/// lives: stack traces find the names of functions in the file.
fn map_copy(copy: &Path, path: &Path) -> Result<Mapped, LoadError> {
    let unreadable = |error: std::io::Error| LoadError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let file = std::fs::File::open(copy).map_err(unreadable)?;
    // Open for good, also if the plugin is refused: the dynamic linker goes by the name, and the
    // next file with this number would pass for this one.
    let lasting = PathBuf::from(format!("/proc/self/fd/{}", file.into_raw_fd()));
    if lasting.exists() {
        Mapped::open(&lasting, path)
    } else {
        Mapped::open(copy, path)
    }
}

/// A copy under a name that the dynamic linker does not know yet: it goes by the name first, so that
/// a new build at an old path would give the old code.
fn own_name(path: &Path) -> Result<PathBuf, LoadError> {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    // Nobody guesses it, and nobody has it.
    let name = format!(".shim-{}-{file}", uuid::Uuid::new_v4().simple());
    // Beside the original, where libraries that it finds relative to itself are found; where that
    // cannot be written to, somewhere else.
    let beside = path.with_file_name(&name);
    let copied = copy(path, &beside).map(|()| beside);
    let copied = copied.or_else(|_| {
        let elsewhere = std::env::temp_dir().join(&name);
        copy(path, &elsewhere).map(|()| elsewhere)
    });
    copied.map_err(|error| LoadError::Unreadable {
        path: path.to_owned(),
        reason: format!("it cannot be copied for a second load: {error}"),
    })
}

/// Copies to a new file that only we can write to.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut new = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o500)
        .open(to)?;
    let copied = std::fs::File::open(from).and_then(|mut old| std::io::copy(&mut old, &mut new));
    if copied.is_err() {
        let _ = std::fs::remove_file(to);
    }
    copied.map(drop)
}
