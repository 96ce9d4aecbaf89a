//! The shared libraries that shim and plugins need, found on this system.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use super::ImageError;
use crate::package::PackageError;
use crate::plugin::preflight::{ElfFile, GlibcVersion, find_library, system_version};

/// The library that the others lie beside: the dynamic linker of its build looks there.
const LIBC: &str = "libc.so.6";
/// What an older glibc loads by itself to look up names of hosts and users.
const NAME_SERVICES: [&str; 2] = ["libnss_dns.so.2", "libnss_files.so.2"];
/// The glibc that has them built in.
const WITH_NAME_SERVICES: GlibcVersion = GlibcVersion::new(2, 34);
/// The most libraries of an image.
const MAX_LIBRARIES: usize = 1000;

/// A library, or the dynamic linker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Library {
    /// Its absolute path in the image.
    pub(super) to: String,
    /// Where it is here.
    pub(super) from: PathBuf,
}

/// Finds all that the program and the plugins are linked with, and what that is linked with. Each
/// lies in the image under the name by which it is asked for, in the directory of this system's libc,
/// where the dynamic linker looks without an index; the linker lies where the program names it.
pub(super) fn collect(
    program: &ElfFile,
    linker: &Path,
    plugins: &[ElfFile],
) -> Result<Vec<Library>, ImageError> {
    let own_name = linker.file_name().unwrap_or_default();
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut waiting: VecDeque<ElfFile> = plugins.iter().cloned().collect();
    waiting.push_front(program.clone());
    if system_version().is_some_and(|version| version < WITH_NAME_SERVICES) {
        for name in NAME_SERVICES {
            if let Some(path) = find_library(name, program) {
                waiting.push_back(ElfFile::read(&path).map_err(ImageError::Library)?);
                found.insert(name.to_owned(), path);
            }
        }
    }
    while let Some(file) = waiting.pop_front() {
        for library in &file.needed {
            // The linker is in memory before anything asks for it.
            if found.contains_key(library) || *own_name == **library {
                continue;
            }
            // What the program was linked with holds for what it loads.
            let path = find_library(library, &file).or_else(|| find_library(library, program));
            let Some(path) = path else {
                return Err(ImageError::MissingLibrary {
                    path: file.path.clone(),
                    library: library.clone(),
                });
            };
            if found.len() >= MAX_LIBRARIES {
                let limit = MAX_LIBRARIES;
                return Err(PackageError::TooMany { limit }.into());
            }
            waiting.push_back(ElfFile::read(&path).map_err(ImageError::Library)?);
            found.insert(library.clone(), path);
        }
    }
    let beside = found.get(LIBC).map_or(linker, PathBuf::as_path);
    let beside = beside.parent().unwrap_or(Path::new("/lib")).to_owned();
    let mut libraries = vec![Library {
        to: text(linker)?,
        from: linker.to_owned(),
    }];
    for (name, from) in found {
        // A path was asked for, not a name.
        let to = if name.contains('/') {
            name
        } else {
            text(&beside.join(name))?
        };
        libraries.push(Library { to, from });
    }
    Ok(libraries)
}

fn text(path: &Path) -> Result<String, ImageError> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| {
        ImageError::Files(PackageError::BadName {
            path: path.to_owned(),
            name: path.to_string_lossy().into_owned(),
            reason: "it is not UTF-8",
        })
    })
}
