//! The files that are mapped into this process.

use std::path::PathBuf;

/// Every file that is mapped, by the path it was opened under, links resolved.
///
/// Empty where `/proc` is not mounted.
pub(super) fn files() -> Vec<PathBuf> {
    let maps = std::fs::read("/proc/self/maps").unwrap_or_default();
    let maps = String::from_utf8_lossy(&maps);
    // Only the last field of a line can hold a slash.
    let paths = maps
        .lines()
        .filter_map(|line| line.find('/').map(|at| &line[at..]));
    let mut files: Vec<PathBuf> = paths.map(PathBuf::from).collect();
    files.dedup();
    files
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_program_is_mapped() {
        let program = std::env::current_exe().unwrap();
        assert!(super::files().contains(&program.canonicalize().unwrap()));
    }
}
