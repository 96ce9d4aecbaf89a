//! Whether the libraries that a plugin needs are there.
//!
//! The dynamic linker looks along the paths that the file and the program were linked with, along
//! `LD_LIBRARY_PATH`, in its index and in the system's directories. This looks in all of them, the
//! likeliest first, and calls a library missing only when it can be in none: what it does not
//! understand it leaves to the dynamic linker.

mod found;

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use object::ReadCache;

use super::elf::Elf;
use super::ld_cache::{self, Entry};
use super::tables::Dynamic;
use super::{glibc, kind, mapped};
use crate::plugin::LoadError;

pub use found::find_library;

/// The most directories that are looked into for one file.
const MAX_PATHS: usize = 64;

/// Where the dynamic linker looks whatever the file says.
pub(super) struct Search {
    /// `LD_LIBRARY_PATH`, read once as the process starts.
    library_path: Option<OsString>,
    directories: Vec<PathBuf>,
    index: PathBuf,
}

impl Search {
    /// This process's own.
    pub(super) fn of_this_process() -> Self {
        let arch = std::env::consts::ARCH;
        let mut directories: Vec<PathBuf> = [
            format!("/lib/{arch}-linux-gnu"),
            "/lib64".to_owned(),
            "/usr/lib64".to_owned(),
            "/lib".to_owned(),
            "/usr/lib".to_owned(),
            format!("/usr/lib/{arch}-linux-gnu"),
        ]
        .map(PathBuf::from)
        .into();
        // A glibc of another prefix (as on NixOS) has its libraries beside it.
        directories.extend(glibc::system().map(|system| system.directory().to_owned()));
        Self {
            library_path: std::env::var_os("LD_LIBRARY_PATH"),
            directories,
            index: "/etc/ld.so.cache".into(),
        }
    }
}

/// Refuses a file that needs libraries which are certainly not there.
pub(super) fn check(elf: &Elf<'_>, dynamic: &Dynamic, search: &Search) -> Result<(), LoadError> {
    let missing = |library: &&String| !may_exist(library, elf.path(), dynamic, search);
    let libraries: Vec<String> = dynamic.needed.iter().filter(missing).cloned().collect();
    if libraries.is_empty() {
        return Ok(());
    }
    Err(LoadError::MissingLibrary {
        path: elf.path().to_owned(),
        libraries,
    })
}

fn may_exist(library: &str, file: &Path, dynamic: &Dynamic, search: &Search) -> bool {
    if library.contains('/') {
        // Not searched for; relative to the working directory, if relative.
        return expand(library, file).is_none_or(|paths| paths.iter().any(|path| loadable(path)));
    }
    if library.starts_with("ld-linux") || library.starts_with("ld64.so") {
        return true;
    }
    in_directories(library, &search.directories)
        || in_own_paths(library, file, dynamic)
        || in_path_list(library, search.library_path.as_ref())
        || in_index(library, &search.index)
        || is_mapped(library)
        || in_programs_paths(library)
}

fn in_directories(library: &str, directories: &[PathBuf]) -> bool {
    directories.iter().any(|directory| {
        loadable(&directory.join(library)) || in_hardware_directories(library, directory)
    })
}

/// Builds for certain processors lie in `glibc-hwcaps/x86-64-v3` and its like.
fn in_hardware_directories(library: &str, directory: &Path) -> bool {
    let Ok(builds) = directory.join("glibc-hwcaps").read_dir() else {
        return false;
    };
    builds
        .flatten()
        .any(|build| loadable(&build.path().join(library)))
}

/// The paths that `file` was linked with. (`DT_RUNPATH` switches `DT_RPATH` off; only one is usual.)
fn in_own_paths(library: &str, file: &Path, dynamic: &Dynamic) -> bool {
    let there = |entry| match expand(entry, file) {
        Some(directories) => in_directories(library, &directories),
        None => true,
    };
    let mut entries = dynamic.paths.iter().flat_map(|list| list.split(':'));
    dynamic.unclear || entries.by_ref().take(MAX_PATHS).any(there) || entries.next().is_some()
}

fn in_path_list(library: &str, list: Option<&OsString>) -> bool {
    let Some(list) = list.map(|list| list.to_string_lossy()) else {
        return false;
    };
    // `$ORIGIN` is the program's directory here: not worth a lookup, so it is left to the linker.
    list.split([':', ';']).any(|entry| match entry {
        "" => in_directories(library, &[PathBuf::from(".")]),
        entry => entry.contains('$') || in_directories(library, &[PathBuf::from(entry)]),
    })
}

fn in_index(library: &str, index: &Path) -> bool {
    match ld_cache::look_up(index, library) {
        Entry::At(paths) => paths.iter().any(|path| loadable(path)),
        Entry::Unlisted => false,
        Entry::Unknown => true,
    }
}

/// A library that is loaded already is not looked for again.
fn is_mapped(library: &str) -> bool {
    mapped::files().iter().any(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        // `libz.so.1` is mapped as what it links to, `libz.so.1.3.1`.
        let rest = name.strip_prefix(library);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// The paths that this program was linked with hold for what it loads.
fn in_programs_paths(library: &str) -> bool {
    let Ok(program) = std::env::current_exe() else {
        return true;
    };
    let Ok(file) = File::open(&program) else {
        return true;
    };
    let data = ReadCache::new(file);
    match Elf::parse(&program, &data).and_then(|elf| elf.dynamic()) {
        Ok(dynamic) => in_own_paths(library, &program, &dynamic),
        Err(_) => true,
    }
}

/// Replaces the dynamic linker's variables in a path that `file` was linked with; `None` if there
/// are some that only the linker knows.
fn expand(path: &str, file: &Path) -> Option<Vec<PathBuf>> {
    let origin = file.parent()?.to_str()?;
    let path = path.replace("${ORIGIN}", origin).replace("$ORIGIN", origin);
    let path = path.replace("${LIB}", "$LIB");
    let paths = if path.contains("$LIB") {
        let multiarch = format!("lib/{}-linux-gnu", std::env::consts::ARCH);
        ["lib", "lib64", &multiarch]
            .map(|lib| path.replace("$LIB", lib))
            .into()
    } else {
        vec![path]
    };
    // A directory may have a dollar in its name, but that is not worth a wrong answer.
    let known = |path: String| (!path.contains('$')).then(|| PathBuf::from(path));
    paths.into_iter().map(known).collect()
}

/// Whether the file is there and for this machine; the linker passes over others.
fn loadable(path: &Path) -> bool {
    let mut start = [0; kind::START];
    let read = path.metadata().and_then(|file| {
        if !file.is_file() {
            // Opening a pipe would wait for its other end.
            return Err(std::io::ErrorKind::InvalidInput.into());
        }
        File::open(path)?.read_exact(&mut start)
    });
    match read {
        Ok(()) => start.starts_with(&kind::MAGIC) && kind::machine(&start) == kind::host(),
        Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use tempfile::TempDir;

    use super::{Dynamic, Search, expand, may_exist};

    /// A directory with a file that starts like a library of this machine.
    fn directory(library: &str) -> TempDir {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join(library);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &fs::read("/proc/self/exe").unwrap()[..64]).unwrap();
        directory
    }

    fn nowhere() -> Search {
        Search {
            library_path: None,
            directories: vec![],
            index: "/nowhere/ld.so.cache".into(),
        }
    }

    fn found(library: &str, dynamic: &Dynamic, search: &Search) -> bool {
        may_exist(library, Path::new("/p/x.so"), dynamic, search)
    }

    #[test]
    fn every_place_is_looked_into() {
        let none = Dynamic::default();
        assert!(!found("libx.so", &none, &nowhere()));

        let here = directory("libx.so");
        let mut search = nowhere();
        search.library_path = Some(format!("/nowhere:{}", here.path().display()).into());
        assert!(found("libx.so", &none, &search) && !found("liby.so", &none, &search));
        let mut search = nowhere();
        search.directories = vec![here.path().to_owned()];
        assert!(found("libx.so", &none, &search));
        let mut dynamic = Dynamic::default();
        dynamic
            .paths
            .push(format!("/nowhere:{}", here.path().display()));
        assert!(found("libx.so", &dynamic, &nowhere()));
        let path = here.path().join("libx.so");
        assert!(found(path.to_str().unwrap(), &none, &nowhere()));
        assert!(!found("/nowhere/libx.so", &none, &search));

        let builds = directory("glibc-hwcaps/x86-64-v3/libx.so");
        search.directories = vec![builds.path().to_owned()];
        assert!(found("libx.so", &none, &search));
    }

    #[test]
    fn what_is_not_certain_is_left_to_the_linker() {
        let none = Dynamic::default();
        let mut search = nowhere();
        search.index = "/proc/self/status".into();
        assert!(
            found("libx.so", &none, &search),
            "an index of another format"
        );
        let mut search = nowhere();
        search.library_path = Some("$ORIGIN/lib".into());
        assert!(found("libx.so", &none, &search));
        let mut dynamic = Dynamic::default();
        dynamic.paths.push("/opt/$PLATFORM".to_owned());
        assert!(found("libx.so", &dynamic, &nowhere()));
        let unclear = Dynamic {
            unclear: true,
            ..none
        };
        assert!(found("libx.so", &unclear, &nowhere()));
        dynamic.paths = vec!["/nowhere:".repeat(100)];
        assert!(found("libx.so", &dynamic, &nowhere()));
    }

    #[test]
    fn what_is_loaded_is_there() {
        let none = Dynamic::default();
        assert!(found("libc.so.6", &none, &nowhere()));
        assert!(found("ld-linux-x86-64.so.2", &none, &nowhere()));
    }

    #[test]
    fn the_linkers_variables_are_replaced() {
        let expand = |path: &str| expand(path, Path::new("/p/x.so"));
        assert_eq!(expand("$ORIGIN/lib"), Some(vec![PathBuf::from("/p/lib")]));
        assert_eq!(
            expand("${ORIGIN}/../lib"),
            Some(vec![PathBuf::from("/p/../lib")])
        );
        let lib = expand("/opt/$LIB").unwrap();
        assert!(
            lib.contains(&"/opt/lib".into()) && lib.contains(&"/opt/lib64".into()),
            "{lib:?}"
        );
        assert_eq!(expand("/opt/$PLATFORM"), None);
    }
}
