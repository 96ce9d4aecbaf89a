//! Files of JSON lines that records are appended to.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Appends lines, one after the other for each file, off the async threads.
///
/// A file is opened for each line, so that it may be rotated away at any time. Lines are not
/// synced: they outlive this process, not the machine.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// One for each path that a configuration ever named.
    lanes: Mutex<HashMap<PathBuf, Arc<Lane>>>,
}

/// Whoever holds it writes. Whether the last line was cut by an error; `None`: nothing was written yet.
type Lane = tokio::sync::Mutex<Option<bool>>;

impl Files {
    /// Appends `line` and a newline to the file, which is created if there is none.
    pub(super) async fn append(&self, path: &Path, line: Bytes) -> io::Result<()> {
        let mut torn = self.lane(path).lock_owned().await;
        let path = path.to_owned();
        let write = move || {
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            let torn = torn.get_or_insert_with(|| is_torn(&path).unwrap_or(false));
            write_line(&mut file, &line, torn)
        };
        tokio::task::spawn_blocking(write)
            .await
            .unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
    }

    fn lane(&self, path: &Path) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        match lanes.get(path) {
            Some(lane) => Arc::clone(lane),
            None => Arc::clone(lanes.entry(path.to_owned()).or_default()),
        }
    }
}

/// Whether an earlier process left a line without its end.
fn is_torn(path: &Path) -> io::Result<bool> {
    if !fs::metadata(path)?.is_file() {
        return Ok(false);
    }
    let mut file = File::open(path)?;
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Writes a line, most often in one piece. What an earlier error left of one is ended first.
fn write_line(file: &mut impl Write, line: &[u8], torn: &mut bool) -> io::Result<()> {
    let mut text = Vec::with_capacity(line.len() + 2);
    if *torn {
        text.push(b'\n');
    }
    text.extend_from_slice(line);
    text.push(b'\n');
    let mut rest = text.as_slice();
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                let (done, left) = rest.split_at(written);
                *torn = !done.ends_with(b"\n");
                rest = left;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::Arc;

    use super::{Files, write_line};

    /// Takes so many bytes, then is full.
    struct Disk(Vec<u8>, usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.1);
            if taken == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.1 -= taken;
            self.0.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_was_cut_does_not_spoil_the_next() {
        let mut disk = Disk(Vec::new(), 3);
        let mut torn = false;
        assert!(write_line(&mut disk, b"first", &mut torn).is_err());
        assert!(write_line(&mut disk, b"first", &mut torn).is_err());
        disk.1 = 100;
        write_line(&mut disk, b"first", &mut torn).unwrap();
        write_line(&mut disk, b"second", &mut torn).unwrap();
        assert_eq!(disk.0, b"fir\nfirst\nsecond\n");
    }

    #[tokio::test]
    async fn a_line_that_an_earlier_process_cut_does_not_spoil_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("records.jsonl");
        for (found, left) in [
            ("", "1\n2\n"),
            ("0\n", "0\n1\n2\n"),
            ("{\"a", "{\"a\n1\n2\n"),
        ] {
            std::fs::write(&path, found).unwrap();
            let files = Files::default();
            files.append(&path, "1".into()).await.unwrap();
            files.append(&path, "2".into()).await.unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), left);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn lines_that_come_at_once_stay_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("records.jsonl");
        let files = Arc::new(Files::default());
        let line = |n: usize| format!("{n} {}", "x".repeat(5000));
        let writes: Vec<_> = (0..50)
            .map(|n| {
                let (files, path) = (Arc::clone(&files), path.clone());
                tokio::spawn(async move { files.append(&path, line(n).into()).await })
            })
            .collect();
        for write in writes {
            write.await.unwrap().unwrap();
        }
        let text = std::fs::read_to_string(path).unwrap();
        let mut written: Vec<_> = text.lines().map(str::to_owned).collect();
        let mut expected: Vec<_> = (0..50).map(line).collect();
        written.sort();
        expected.sort();
        assert_eq!(written, expected);
    }
}
