//! Which file the dynamic linker takes for a library.

use std::path::{Path, PathBuf};

use super::{Entry, MAX_PATHS, Search, expand, ld_cache, loadable};
use crate::plugin::preflight::ElfFile;

/// The directory of builds for certain processors, which not every machine can run.
const HARDWARE: &str = "glibc-hwcaps";

/// Finds the library that `file` names, as the dynamic linker of this system would for a program
/// that is started now: along the paths that the file was linked with, along `LD_LIBRARY_PATH`, in
/// the linker's index, in the system's directories. Builds for certain processors only are passed
/// over. `None` if it is nowhere there. Blocking.
pub fn find_library(library: &str, file: &ElfFile) -> Option<PathBuf> {
    find(library, file, &Search::of_this_process())
}

fn find(library: &str, file: &ElfFile, search: &Search) -> Option<PathBuf> {
    let own = file.run_paths.iter().flat_map(|list| list.split(':'));
    let own = own.filter(|entry| !entry.is_empty()).take(MAX_PATHS);
    let own = own.filter_map(|entry| expand(entry, &file.path)).flatten();
    let listed = search.library_path.as_ref();
    let listed = listed.map(|list| list.to_string_lossy().into_owned());
    let listed = listed.as_deref().unwrap_or_default().split([':', ';']);
    let listed = listed.filter(|entry| !entry.is_empty()).map(PathBuf::from);
    let in_directory = |directory: PathBuf| Some(directory.join(library)).filter(|p| loadable(p));

    if library.contains('/') {
        let path = PathBuf::from(library);
        return (path.is_absolute() && loadable(&path)).then_some(path);
    }
    let mut first = own.chain(listed);
    first
        .find_map(in_directory)
        .or_else(|| in_index(library, &search.index))
        .or_else(|| search.directories.iter().cloned().find_map(in_directory))
}

fn in_index(library: &str, index: &Path) -> Option<PathBuf> {
    let Entry::At(paths) = ld_cache::look_up(index, library) else {
        return None;
    };
    let plain = |path: &PathBuf| {
        let mut parts = path.components();
        !parts.any(|part| part.as_os_str() == HARDWARE) && loadable(path)
    };
    paths.into_iter().find(plain)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Search, find, find_library};
    use crate::plugin::preflight::ElfFile;

    #[test]
    fn the_libraries_of_this_program_are_found() {
        let program = ElfFile::read(Path::new("/proc/self/exe")).unwrap();
        let libc = find_library("libc.so.6", &program).unwrap();
        assert!(libc.is_absolute() && libc.ends_with("libc.so.6"));
        assert_eq!(find_library("libnowhere.so.1", &program), None);
    }

    #[test]
    fn own_paths_come_first_then_the_variable_then_the_system() {
        let folder = tempfile::tempdir().unwrap();
        let start = &fs::read("/proc/self/exe").unwrap()[..64];
        for name in ["own", "listed", "system"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join("libx.so"), start).unwrap();
        }
        let mut file = ElfFile::read(Path::new("/proc/self/exe")).unwrap();
        file.path = folder.path().join("program");
        file.run_paths = vec!["/nowhere:$ORIGIN/own".to_owned()];
        let search = Search {
            library_path: Some(folder.path().join("listed").into()),
            directories: vec![folder.path().join("system")],
            index: "/nowhere/ld.so.cache".into(),
        };
        for name in ["own", "listed", "system"] {
            let path = folder.path().join(name).join("libx.so");
            assert_eq!(find("libx.so", &file, &search), Some(path.clone()));
            assert_eq!(
                find(path.to_str().unwrap(), &file, &search),
                Some(path.clone())
            );
            fs::remove_file(path).unwrap();
        }
        assert_eq!(find("libx.so", &file, &search), None);
    }
}
