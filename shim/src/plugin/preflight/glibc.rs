//! Which glibc a plugin needs, and whether this system's is new enough.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use object::{NativeEndian, ReadCache};
use serde::Serialize;

use super::elf::Elf;
use super::mapped;
use super::tables::text;
use super::version::GlibcVersion;
use crate::plugin::LoadError;

/// The most symbol versions that a file may need or define; glibc itself defines about 40.
const MAX_VERSIONS: usize = 4096;

/// The newest glibc that a plugin needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GlibcNeed {
    /// The first glibc that has it.
    pub version: GlibcVersion,
    /// A symbol for whose sake it is needed, if the file says so.
    pub symbol: Option<String>,
}

/// One symbol version of glibc that a file needs.
pub(super) struct Need {
    /// The library that has to define it.
    library: String,
    /// Its name, `GLIBC_2.34`.
    name: String,
    /// The same as a number; `None` for `GLIBC_ABI_DT_RELR` and its like.
    version: Option<GlibcVersion>,
    /// Its number in the file's symbol table.
    index: u16,
}

/// This system's glibc.
pub(super) struct System {
    directory: PathBuf,
    version: GlibcVersion,
    defined: HashSet<String>,
}

/// The symbol versions of glibc that the file needs.
pub(super) fn needs(elf: &Elf<'_>) -> Result<Vec<Need>, LoadError> {
    let mut needs = Vec::new();
    let Some((mut libraries, strings)) = elf.versions_needed()? else {
        return Ok(needs);
    };
    let mut budget = MAX_VERSIONS;
    let mut spend = || match budget.checked_sub(1) {
        Some(rest) => {
            budget = rest;
            Ok(())
        }
        // Entries that name themselves as the next would go on for ever.
        None => Err(elf.malformed("it needs too many symbol versions")),
    };
    let malformed = |error: object::Error| elf.malformed(&error.to_string());
    while let Some((library, mut versions)) = libraries.next().map_err(malformed)? {
        spend()?;
        let library = text(strings, library.vn_file.get(NativeEndian).into());
        while let Some(version) = versions.next().map_err(malformed)? {
            spend()?;
            let name = text(strings, version.vna_name.get(NativeEndian).into());
            if let (Some(library), Some(name)) = (library, name)
                && name.starts_with("GLIBC_")
            {
                needs.push(Need {
                    library: library.to_owned(),
                    name: name.to_owned(),
                    version: GlibcVersion::of_symbol(name),
                    index: version.vna_other(NativeEndian).index().0,
                });
            }
        }
    }
    Ok(needs)
}

/// The newest of `needs`.
pub(super) fn newest(elf: &Elf<'_>, needs: &[Need]) -> Option<GlibcNeed> {
    let need = needs.iter().max_by_key(|need| need.version)?;
    Some(GlibcNeed {
        version: need.version?,
        symbol: elf.symbol_of_version(need.index).map(str::to_owned),
    })
}

/// The symbols of glibc that a file needs, of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlibcSymbols {
    /// The version's name: `GLIBC_2.34`, `GLIBC_ABI_DT_RELR`.
    pub name: String,
    /// The same as a number, if it is one.
    pub version: Option<GlibcVersion>,
    /// The first few of the symbols; none, if the file does not say.
    pub symbols: Vec<String>,
}

impl GlibcSymbols {
    /// The most symbols of one version that are kept.
    const MAX_SYMBOLS: usize = 8;

    /// Whether a plain glibc of this release has them.
    pub fn are_in(&self, release: GlibcVersion) -> bool {
        match self.version {
            Some(version) => version <= release,
            // `GLIBC_ABI_DT_RELR`, the first of its kind, came with 2.36.
            None => self.name == "GLIBC_PRIVATE" || release >= GlibcVersion::new(2, 36),
        }
    }
}

/// All of `needs` with their symbols, from the newest to the oldest.
pub(super) fn all(elf: &Elf<'_>, needs: &[Need]) -> Vec<GlibcSymbols> {
    let mut all: Vec<GlibcSymbols> = Vec::new();
    for need in needs {
        let symbols = elf.symbols_of_version(need.index, GlibcSymbols::MAX_SYMBOLS);
        let symbols = symbols.into_iter().map(str::to_owned);
        // The parts of glibc have versions of one name.
        match all.iter_mut().find(|known| known.name == need.name) {
            Some(known) => known.symbols.extend(symbols),
            None => all.push(GlibcSymbols {
                name: need.name.clone(),
                version: need.version,
                symbols: symbols.collect(),
            }),
        }
    }
    // What is no number is newer than any that is.
    all.sort_by_key(|known| std::cmp::Reverse((known.version.is_none(), known.version)));
    all
}

/// Refuses a file that needs more than `system` has.
pub(super) fn check(elf: &Elf<'_>, needs: &[Need], system: &System) -> Result<(), LoadError> {
    let missing = needs.iter().filter(|need| !system.has(need));
    let Some(newest) = missing.max_by_key(|need| need.version) else {
        return Ok(());
    };
    Err(LoadError::Glibc {
        path: elf.path().to_owned(),
        needed: newest.name.clone(),
        symbol: elf.symbol_of_version(newest.index).map(str::to_owned),
        system: system.version,
    })
}

/// The release of this system's glibc; `None` if it cannot be told.
pub fn system_version() -> Option<GlibcVersion> {
    system().map(|system| system.version)
}

/// The glibc that this process runs on; `None` if there is none, or it cannot be read.
pub(super) fn system() -> Option<&'static System> {
    static SYSTEM: OnceLock<Option<System>> = OnceLock::new();
    let find = || {
        let is_libc = |file: &&PathBuf| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            // Before glibc 2.34 the file had its version in its name.
            name == "libc.so.6" || (name.starts_with("libc-2.") && name.ends_with(".so"))
        };
        System::read(mapped::files().iter().find(is_libc)?)
    };
    SYSTEM.get_or_init(find).as_ref()
}

impl System {
    fn read(libc: &Path) -> Option<Self> {
        let defined = defined(libc)?;
        Some(Self {
            directory: libc.parent()?.to_owned(),
            version: defined
                .iter()
                .filter_map(|name| GlibcVersion::of_symbol(name))
                .max()?,
            defined,
        })
    }

    /// Where the system keeps its libraries.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    fn has(&self, need: &Need) -> bool {
        if need.library == "libc.so.6" {
            return self.defined.contains(&need.name);
        }
        // The parts of glibc do not all define a version with every release, so the newest version
        // of libc.so.6 proves what is there, but not what is missing.
        need.version.is_none_or(|version| version <= self.version)
            || defined(&self.directory.join(&need.library))
                .is_none_or(|defined| defined.contains(&need.name))
    }
}

/// The names of the symbol versions that a library defines.
fn defined(library: &Path) -> Option<HashSet<String>> {
    let data = ReadCache::new(File::open(library).ok()?);
    let elf = Elf::parse(library, &data).ok()?;
    let (versions, strings) = elf.versions_defined()?;
    let mut names = HashSet::new();
    for version in versions.take(MAX_VERSIONS) {
        let (_, mut version) = version.ok()?;
        let name = version.next().ok()??.vda_name.get(NativeEndian);
        names.extend(text(strings, name.into()).map(str::to_owned));
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::{GlibcVersion, Need, System, system};

    fn need(library: &str, name: &str) -> Need {
        Need {
            library: library.to_owned(),
            name: name.to_owned(),
            version: GlibcVersion::of_symbol(name),
            index: 2,
        }
    }

    #[test]
    fn this_systems_glibc_is_read() {
        let system = system().unwrap();
        assert!(system.version >= GlibcVersion::of_symbol("GLIBC_2.17").unwrap());
        assert!(system.has(&need("libc.so.6", "GLIBC_2.17")));
        assert!(system.has(&need("libm.so.6", "GLIBC_2.17")));
        assert!(!system.has(&need("libc.so.6", "GLIBC_9.99")));
        assert!(!system.has(&need("libm.so.6", "GLIBC_9.99")));
    }

    #[test]
    fn libc_has_what_it_defines_whatever_the_number() {
        let name = |name: &str| name.to_owned();
        let system = System {
            directory: "/nowhere".into(),
            version: GlibcVersion::of_symbol("GLIBC_2.34").unwrap(),
            // As a distribution that took a piece of a later glibc over.
            defined: [name("GLIBC_2.34"), name("GLIBC_ABI_DT_RELR")].into(),
        };
        assert!(system.has(&need("libc.so.6", "GLIBC_ABI_DT_RELR")));
        assert!(!system.has(&need("libc.so.6", "GLIBC_ABI_GNU2_TLS")));
        assert!(!system.has(&need("libc.so.6", "GLIBC_2.36")));
        // Nothing is refused that cannot be looked up.
        assert!(system.has(&need("libm.so.6", "GLIBC_2.36")));
    }
}
