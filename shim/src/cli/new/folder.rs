//! The folder of a new crate: all of it, or none.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::Problem;

/// The path without links above it, which need not be there yet.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Problem> {
    let problem = |reason: &str| Problem::Folder {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let odd = |part: Component<'_>| matches!(part, Component::ParentDir | Component::CurDir);
    let full = std::path::absolute(path).map_err(|error| problem(&error.to_string()))?;
    // What is there, without links; then the rest.
    let mut rest = Vec::new();
    let mut there = full.as_path();
    loop {
        match there.canonicalize() {
            Ok(real) => {
                let mut path = real;
                path.extend(rest.iter().rev());
                return Ok(path);
            }
            Err(error) => match (there.parent(), there.components().next_back()) {
                (Some(parent), Some(last)) if !odd(last) => {
                    rest.push(last.as_os_str().to_owned());
                    there = parent;
                }
                _ => return Err(problem(&error.to_string())),
            },
        }
    }
}

/// Refuses a folder that has something in it, and whatever is no folder.
pub(super) fn check(typed: &Path, folder: &Path) -> Result<(), Problem> {
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Problem::Folder {
                path: typed.to_owned(),
                reason: error.to_string(),
            });
        }
        Ok(_) => {}
    }
    match fs::read_dir(folder).map(|mut entries| entries.next()) {
        Ok(None) => Ok(()),
        _ => Err(Problem::Exists {
            path: typed.to_owned(),
        }),
    }
}

/// Writes the files into a folder beside, which then takes its place in one step: it is not there,
/// or has all of them.
pub(super) fn write(
    typed: &Path,
    folder: &Path,
    files: &[(String, String)],
) -> Result<(), Problem> {
    let problem = |error: io::Error| match error.kind() {
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => Problem::Exists {
            path: typed.to_owned(),
        },
        _ => Problem::Write {
            path: typed.to_owned(),
            error,
        },
    };
    let parent = folder.parent().unwrap_or(Path::new("/"));
    let made = missing(parent);
    let write = || -> io::Result<()> {
        fs::create_dir_all(parent)?;
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        let half = tempfile::Builder::new()
            .prefix(".shim-new-")
            .permissions(permissions)
            .tempdir_in(parent)?;
        for (name, text) in files {
            let path = half.path().join(name);
            fs::create_dir_all(path.parent().unwrap_or(half.path()))?;
            fs::write(path, text)?;
        }
        fs::rename(half.path(), folder)?;
        // It has another name now.
        let _ = half.keep();
        Ok(())
    };
    write().map_err(|error| {
        for folder in made.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
        problem(error)
    })
}

/// Removes a folder that was [written](write).
pub(super) fn remove(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}

/// The folders that are not there yet, the outermost first.
fn missing(folder: &Path) -> Vec<PathBuf> {
    let missing = folder.ancestors().take_while(|path| !path.exists());
    let mut missing: Vec<_> = missing.map(Path::to_owned).collect();
    missing.reverse();
    missing
}

/// `path` as seen from `folder`; both absolute, without links.
pub(super) fn relative(path: &Path, folder: &Path) -> PathBuf {
    let (mut to, mut from) = (path.components().peekable(), folder.components().peekable());
    while to.peek().is_some() && to.peek() == from.peek() {
        to.next();
        from.next();
    }
    let mut relative = PathBuf::new();
    relative.extend(from.map(|_| Component::ParentDir));
    relative.extend(to);
    relative
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::relative;

    #[test]
    fn a_path_is_seen_from_a_folder() {
        let seen = |path: &str, folder: &str| relative(path.as_ref(), folder.as_ref());
        assert_eq!(seen("/w/target", "/w/crates/a"), Path::new("../../target"));
        assert_eq!(seen("/w/a/b", "/w"), Path::new("a/b"));
    }
}
