//! What an ELF file is, for whichever machine and system it was built.

use std::path::{Path, PathBuf};

use object::ReadCache;
use serde::{Deserialize, Deserializer};

use super::elf::{Elf, Machines};
use super::{GlibcSymbols, Version, glibc, locate};
use crate::plugin::{LoadError, mark};

/// The sections that a debugger needs and nobody else.
const DEBUG_INFORMATION: [&str; 2] = [".debug_", ".zdebug_"];
/// The sections with the names of all functions.
const SYMBOL_TABLE: [&str; 2] = [".symtab\0", ".strtab\0"];

/// A shared object or an executable, as far as it can be known without running it.
#[derive(Debug, Clone)]
pub struct ElfFile {
    /// Absolute, links resolved.
    pub path: PathBuf,
    /// The machine it was built for, as Rust names it: `x86_64`, `aarch64`.
    pub machine: String,
    /// What kind of file it is.
    pub form: Form,
    /// The libraries it needs (`DT_NEEDED`).
    pub needed: Vec<String>,
    /// The directories to look for them in that it was linked with, as they stand in the file.
    pub run_paths: Vec<String>,
    /// The dynamic linker that starts it (`PT_INTERP`), if it is a program with shared libraries.
    pub interpreter: Option<PathBuf>,
    /// The symbols of glibc it needs, those of the newest version first.
    pub glibc: Vec<GlibcSymbols>,
    /// The bytes that its symbol table takes.
    pub symbol_bytes: u64,
    /// The bytes that its debug information takes.
    pub debug_bytes: u64,
    /// What it says of itself, if it is a program that loads plugins.
    pub host: Option<HostInfo>,
}

/// A kind of ELF file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A library.
    SharedObject,
    /// A program that is linked with shared libraries, and may load more.
    Executable,
    /// A program that is linked with none, and cannot load any.
    StaticExecutable,
}

/// What a program that loads plugins says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HostInfo {
    /// The shim's version.
    pub shim: String,
    /// The version of the plugin ABI that it speaks.
    #[serde(deserialize_with = "version")]
    pub abi: Version,
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

impl ElfFile {
    /// Reads the file at `path`, without running any of it.
    ///
    /// Blocking: it reads a few dozen small parts of the file, however large the file is.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no whole ELF file of this machine's word size and byte order, or is
    /// an object file or a core dump.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let (path, file, _) = locate::open(path)?;
        let data = ReadCache::new(file);
        let elf = Elf::parse_for(Machines::Any, &path, &data)?;
        let dynamic = elf.dynamic()?;
        let form = match elf.check_shared_object(&dynamic) {
            Ok(()) => Form::SharedObject,
            Err(LoadError::Executable { .. }) if elf.has_interpreter() => Form::Executable,
            Err(LoadError::Executable { .. }) => Form::StaticExecutable,
            Err(other) => return Err(other),
        };
        let needs = glibc::needs(&elf)?;
        let host = elf.section(mark::SECTION);
        let host = host.and_then(|section| elf.bytes(section).ok());
        Ok(Self {
            machine: elf.machine().to_owned(),
            form,
            interpreter: elf.interpreter(),
            glibc: glibc::all(&elf, &needs),
            symbol_bytes: elf.size_of_sections(&SYMBOL_TABLE),
            debug_bytes: elf.size_of_sections(&DEBUG_INFORMATION),
            host: host.and_then(|text| serde_json::from_slice(text).ok()),
            needed: dynamic.needed,
            run_paths: dynamic.paths,
            path,
        })
    }
}
