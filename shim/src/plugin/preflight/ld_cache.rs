//! The dynamic linker's index of libraries, `/etc/ld.so.cache`.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The largest index that is read, in bytes; a usual one has 30 to 300 KB.
const MAX_SIZE: u64 = 64 << 20;

const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
/// Magic, the counts of libraries and of bytes in their names, flags, the place of extensions, three spare words.
const HEADER: usize = 48;
/// Flags, name, path, OS version, hardware.
const ENTRY: usize = 24;

/// What the index says of a library.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It lies at these paths, for one machine or another.
    At(Vec<PathBuf>),
    /// It is not listed.
    Unlisted,
    /// The index is there, but cannot be read.
    Unknown,
}

/// Looks `library` up in the index at `path`. An index that does not exist lists nothing.
pub(super) fn look_up(path: &Path, library: &str) -> Entry {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Entry::Unlisted,
        Err(_) => return Entry::Unknown,
    };
    let mut cache = Vec::new();
    if file.take(MAX_SIZE).read_to_end(&mut cache).is_err() {
        return Entry::Unknown;
    }
    match search(&cache, library.as_bytes()) {
        Some(paths) if paths.is_empty() => Entry::Unlisted,
        Some(paths) => Entry::At(paths),
        None => Entry::Unknown,
    }
}

fn search(cache: &[u8], library: &[u8]) -> Option<Vec<PathBuf>> {
    // Before glibc 2.32 an index in the older format stood in front; offsets count from here.
    let start = cache
        .windows(MAGIC.len())
        .position(|window| window == MAGIC)?;
    let cache = &cache[start..];
    let number = |bytes: &[u8], at: usize| {
        let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_ne_bytes(bytes)).ok()
    };
    let string = |at: usize| {
        let rest = cache.get(at..)?;
        Some(&rest[..rest.iter().position(|byte| *byte == 0)?])
    };
    let (count, strings) = (number(cache, MAGIC.len())?, number(cache, MAGIC.len() + 4)?);
    let end = HEADER.checked_add(count.checked_mul(ENTRY)?)?;
    let entries = cache.get(HEADER..end)?;
    cache.get(end..end.checked_add(strings)?)?;
    let mut paths = Vec::new();
    for entry in entries.chunks_exact(ENTRY) {
        let (name, path) = (number(entry, 4)?, number(entry, 8)?);
        // Comparing in place keeps this linear, wherever the names point.
        let rest = cache.get(name..)?.strip_prefix(library);
        if rest.is_some_and(|rest| rest.starts_with(&[0])) {
            paths.push(PathBuf::from(OsStr::from_bytes(string(path)?)));
        }
    }
    Some(paths)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Entry, HEADER, MAGIC, look_up, search};

    /// An index of one library.
    fn cache() -> Vec<u8> {
        let mut cache = MAGIC.to_vec();
        cache.extend(1_u32.to_ne_bytes());
        cache.extend(25_u32.to_ne_bytes());
        cache.resize(HEADER, 0);
        // Flags, name, path, OS version, and two words of hardware.
        for word in [0x303_u32, 72, 82, 0, 0, 0] {
            cache.extend(word.to_ne_bytes());
        }
        cache.extend(b"libx.so.1\0/lib/libx.so.1\0");
        cache
    }

    #[test]
    fn a_listed_library_is_found() {
        let found = vec![PathBuf::from("/lib/libx.so.1")];
        assert_eq!(search(&cache(), b"libx.so.1"), Some(found.clone()));
        assert_eq!(search(&cache(), b"libx.so"), Some(vec![]));
        let both_formats = [b"ld.so-1.7.0\0\0\0\0\0".to_vec(), cache()].concat();
        assert_eq!(search(&both_formats, b"libx.so.1"), Some(found));
    }

    #[test]
    fn a_damaged_index_is_known_as_such() {
        let whole = cache();
        for len in 0..whole.len() {
            assert_eq!(search(&whole[..len], b"libx.so.1"), None, "{len} bytes");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                search(&flipped, b"libx.so.1");
            }
        }
    }

    #[test]
    fn an_index_that_does_not_exist_lists_nothing() {
        assert_eq!(
            look_up(Path::new("/nowhere/ld.so.cache"), "libc.so.6"),
            Entry::Unlisted
        );
    }
}
