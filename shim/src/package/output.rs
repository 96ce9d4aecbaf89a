//! The zip's file: the whole of it, or the one that was there before.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};

use super::{Entry, PackageError};

/// Refuses an output that cannot be written to, or that is among the files to pack. `included` are
/// the directories whose files are packed.
pub(super) fn check(
    output: &Path,
    entries: &[Entry],
    included: &[&Path],
) -> Result<(), PackageError> {
    let refused = |reason: &str| PackageError::Output {
        path: output.to_owned(),
        reason: reason.to_owned(),
    };
    let Some(name) = output.file_name() else {
        return Err(refused("it has no file name"));
    };
    let directory = directory(output).canonicalize();
    let directory = directory.map_err(|error| refused(&format!("its directory: {error}")))?;
    match fs::symlink_metadata(output) {
        Ok(there) if there.is_dir() => return Err(refused("it is a directory")),
        Ok(there) if !there.is_file() => return Err(refused("it is there, and no plain file")),
        Ok(there) => {
            let identity = (there.dev(), there.ino());
            if let Some(entry) = entries.iter().find(|entry| entry.identity == identity) {
                return Err(PackageError::OutputIsPacked {
                    output: output.to_owned(),
                    path: entry.source.clone(),
                });
            }
        }
        Err(_) => {}
    }
    // The next run would pack what this one writes.
    let path = directory.join(name);
    let around = |included: &&&Path| {
        included
            .canonicalize()
            .is_ok_and(|dir| path.starts_with(dir))
    };
    match included.iter().find(around) {
        Some(directory) => Err(PackageError::OutputIsPacked {
            output: output.to_owned(),
            path: directory.to_path_buf(),
        }),
        None => Ok(()),
    }
}

/// Puts the bytes in place at once.
///
/// They are written to a file without a name, which is gone when this process ends, however it ends;
/// once they are on the disk it gets a name and takes the output's place.
pub(super) fn publish(output: &Path, bytes: &[u8]) -> Result<(), PackageError> {
    write(output, bytes, unnamed(directory(output))).map_err(|error| PackageError::Write {
        path: output.to_owned(),
        error,
    })
}

fn write(output: &Path, bytes: &[u8], unnamed: Option<File>) -> io::Result<()> {
    let temporary = Temporary::beside(output);
    match unnamed {
        Some(mut file) => {
            fill(&mut file, bytes)?;
            temporary.name(&file)?;
        }
        None => fill(&mut temporary.create()?, bytes)?,
    }
    fs::rename(&temporary.0, output)?;
    // The rename itself survives a crash from here on; without this, one of the two files would. A
    // directory that may not be read cannot be told to.
    let _ = File::open(directory(output)).and_then(|directory| directory.sync_all());
    Ok(())
}

fn fill(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// A file without a name, where the file system has such.
fn unnamed(directory: &Path) -> Option<File> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open(directory, flags, Mode::from_raw_mode(0o666)).ok()?;
    // It gets its name through here.
    Path::new("/proc/self/fd").exists().then(|| file.into())
}

fn directory(output: &Path) -> &Path {
    match output.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// A name beside the output for as long as this lives.
struct Temporary(PathBuf);

impl Temporary {
    fn beside(output: &Path) -> Self {
        let mut name = std::ffi::OsString::from(".");
        name.push(output.file_name().unwrap_or_default());
        name.push(format!(".{}.tmp", std::process::id()));
        let temporary = Self(output.with_file_name(name));
        // Of a process of this number that is no more.
        temporary.remove();
        temporary
    }

    fn name(&self, file: &File) -> io::Result<()> {
        let from = format!("/proc/self/fd/{}", file.as_raw_fd());
        let flags = AtFlags::SYMLINK_FOLLOW;
        Ok(rustix::fs::linkat(CWD, from, CWD, &self.0, flags)?)
    }

    fn create(&self) -> io::Result<File> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&self.0)
    }

    fn remove(&self) {
        // There is nothing, most often.
        let _ = fs::remove_file(&self.0);
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        self.remove();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{unnamed, write};

    #[test]
    fn with_and_without_nameless_files_the_output_is_exchanged() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("x.zip");
        for (number, nameless) in [unnamed(folder.path()), None].into_iter().enumerate() {
            let bytes = [number as u8; 3];
            write(&output, &bytes, nameless).unwrap();
            assert_eq!(fs::read(&output).unwrap(), bytes);
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_take_its_place_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("x.zip");
        fs::create_dir(&output).unwrap();
        for nameless in [unnamed(folder.path()), None] {
            write(&output, b"zip", nameless).unwrap_err();
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        }
    }
}
