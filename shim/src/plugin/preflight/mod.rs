//! All that can be known of a plugin's file without running any of its code.
//!
//! `dlopen` runs constructors, dies of a file that is cut off, and words its refusals for linkers.
//! [`examine`] looks first: it refuses what cannot work with the reason and a way out, and reads
//! what the plugin says of itself ([`PluginFile`]).

#![forbid(unsafe_code)]

mod elf;
mod elf_file;
mod glibc;
mod kind;
mod ld_cache;
mod libraries;
mod locate;
mod mapped;
mod record;
mod tables;
#[cfg(test)]
mod tests;
mod version;

use std::path::{Path, PathBuf};

use object::ReadCache;
use serde::Serialize;
use serde_json::{Map, Value};

pub use elf_file::{ElfFile, Form, HostInfo};
pub use glibc::{GlibcNeed, GlibcSymbols, system_version};
pub use libraries::find_library;
pub use record::{EventKind, HandlerInfo, Package, PanicStrategy};
pub use version::{ABI_VERSION, GlibcVersion, NotAVersion, Version};

use super::LoadError;
use elf::{Elf, Machines};
use tables::Dynamic;

/// The largest `.shim.info` section that is read, in bytes.
pub const MAX_INFO: u64 = 1 << 20;

/// What a plugin says of itself, and where it lies: all that is needed to load it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Label {
    /// Absolute, links resolved.
    pub path: PathBuf,
    /// The ABI version it was built against; it [fits](Version::fits) [`ABI_VERSION`].
    pub abi: Version,
    /// The version of `plugin-api` it was built with.
    pub plugin_api: String,
    /// How its panics end.
    pub panic: PanicStrategy,
    /// The fingerprint of the ABI's types that all of its handlers were built with, if it is one.
    pub layout: Option<String>,
    /// The package it was built from.
    pub package: Package,
    /// Its handlers, at least one, in the order of their names.
    pub handlers: Vec<HandlerInfo>,
    /// The author's keys of its [info](Self::info).
    #[serde(skip)]
    extra: Map<String, Value>,
}

/// A plugin's file, as far as it can be known without loading it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PluginFile {
    /// What it says of itself.
    #[serde(flatten)]
    pub label: Label,
    /// In bytes.
    pub size: u64,
    /// The machine it was built for, as Rust names it: `x86_64`, `aarch64`.
    pub machine: String,
    /// The compiler's name and version, if the file says so.
    pub compiler: Option<String>,
    /// The newest glibc it needs, if any.
    pub glibc: Option<GlibcNeed>,
    /// The libraries it needs (`DT_NEEDED`).
    pub needed: Vec<String>,
    /// Its symbol table is there: stack traces have names.
    pub symbols: bool,
    /// Its debug information is there: stack traces have lines.
    pub debug_info: bool,
    /// Its build id in hexadecimal, if it has one.
    pub build_id: Option<String>,
}

impl std::ops::Deref for PluginFile {
    type Target = Label;

    fn deref(&self) -> &Label {
        &self.label
    }
}

/// Examines the file at `path`, without running any of its code.
///
/// The checks go from the plain to the subtle, so that the first that fails is the one to tell.
/// Blocking: it reads a few dozen small parts of the file, however large the file is.
///
/// # Errors
///
/// Whatever keeps the file from being loaded as a plugin by this program on this system.
pub fn examine(path: &Path) -> Result<PluginFile, LoadError> {
    read(path, Machines::This, |elf, dynamic, glibc| {
        if let Some(system) = glibc::system() {
            glibc::check(elf, glibc, system)?;
        }
        libraries::check(elf, dynamic, &libraries::Search::of_this_process())
    })
}

/// Reads the label of the plugin at `path`, if it is one for this machine. Whether glibc and libraries
/// fit is left to the dynamic linker, which finds out faster, and says less.
///
/// Blocking, as [`examine`] is.
///
/// # Errors
///
/// Whatever keeps the file from being a plugin for this version of the shim on this machine.
pub fn read_label(path: &Path) -> Result<Label, LoadError> {
    let (path, file, _) = locate::open(path)?;
    let data = ReadCache::new(file);
    let elf = Elf::parse_for(Machines::This, &path, &data)?;
    elf.check_shared_object(&elf.dynamic()?)?;
    let (label, _) = label(&elf)?;
    Ok(label)
}

/// The label, and the compiler if it is named there.
fn label(elf: &Elf<'_>) -> Result<(Label, Option<String>), LoadError> {
    let path = elf.path().to_owned();
    let records = record::read(&path, info_section(elf)?)?;
    let label = Label {
        path,
        abi: records.abi,
        plugin_api: records.plugin_api,
        panic: records.panic,
        layout: records.layout,
        package: records.package,
        handlers: records.handlers,
        extra: records.extra,
    };
    Ok((label, records.compiler))
}

/// Says what the plugin at `path` is, wherever it can be loaded: it may be built for another
/// machine, and need a glibc and libraries that this system does not have.
///
/// Blocking, as [`examine`] is.
///
/// # Errors
///
/// Whatever keeps the file from being a plugin for this version of the shim on any system.
pub fn identify(path: &Path) -> Result<PluginFile, LoadError> {
    read(path, Machines::Any, |_, _, _| Ok(()))
}

/// What may be asked of a file beyond being a plugin.
type Fits = fn(&Elf<'_>, &Dynamic, &[glibc::Need]) -> Result<(), LoadError>;

fn read(path: &Path, machines: Machines, fits: Fits) -> Result<PluginFile, LoadError> {
    let (path, file, size) = locate::open(path)?;
    let data = ReadCache::new(file);
    let elf = Elf::parse_for(machines, &path, &data)?;
    let dynamic = elf.dynamic()?;
    elf.check_shared_object(&dynamic)?;
    let (label, compiler) = label(&elf)?;
    let glibc = glibc::needs(&elf)?;
    fits(&elf, &dynamic, &glibc)?;
    Ok(PluginFile {
        label,
        size,
        machine: elf.machine().to_owned(),
        compiler: elf.compiler().or(compiler),
        glibc: glibc::newest(&elf, &glibc),
        needed: dynamic.needed,
        symbols: elf.section(".symtab").is_some(),
        debug_info: elf.section(".debug_info").is_some(),
        build_id: elf.build_id(),
    })
}

impl Label {
    /// Its info: `name`, `version` and `doc` of the package, then the author's keys, which may
    /// replace those, then `handlers`.
    pub fn info(&self) -> Map<String, Value> {
        record::info(&self.package, &self.extra, &self.handlers)
    }

    /// Chooses a handler: the one named `wanted`; without a name the only one there is, or else
    /// the one that is called `handler`.
    ///
    /// # Errors
    /// There is no such handler, or several and none was named; both list the handlers there are.
    pub fn choose(&self, wanted: Option<&str>) -> Result<&str, LoadError> {
        let path = || self.path.clone();
        let available = || {
            let names = self.handlers.iter().map(|handler| handler.name.clone());
            names.collect()
        };
        let named = |name: &str| self.handlers.iter().find(|handler| handler.name == name);
        match (wanted, self.handlers.as_slice()) {
            (Some(wanted), _) => named(wanted).ok_or_else(|| LoadError::NoHandler {
                path: path(),
                wanted: wanted.to_owned(),
                available: available(),
            }),
            (None, [only]) => Ok(only),
            (None, _) => named("handler").ok_or_else(|| LoadError::SeveralHandlers {
                path: path(),
                available: available(),
            }),
        }
        .map(|handler| handler.name.as_str())
    }
}

fn info_section<'d>(elf: &Elf<'d>) -> Result<&'d [u8], LoadError> {
    let path = || elf.path().to_owned();
    let Some(section) = elf.section(plugin_api_abi::SECTION) else {
        return Err(LoadError::NotAPlugin { path: path() });
    };
    let size = elf::size(section);
    if size > MAX_INFO {
        return Err(LoadError::DamagedInfo {
            path: path(),
            reason: format!("it has {size} bytes, the limit is {MAX_INFO}"),
        });
    }
    elf.bytes(section)
}
