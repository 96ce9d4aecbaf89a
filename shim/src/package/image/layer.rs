//! The bytes of a layer: a tar, compressed.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};

use super::ImageError;
use super::tree::{Content, Node, Tree};
use crate::package::entry::unreadable;

/// The time of every entry, in seconds since 1970: some programs take 0 for none.
const TIME: u64 = 1;
/// The system in the header of gzip: unknown.
const NO_SYSTEM: u8 = 255;

/// Bytes and their digest.
#[derive(Debug)]
pub(super) struct Blob {
    pub(super) bytes: Vec<u8>,
    /// `sha256:…`
    pub(super) digest: String,
}

impl Blob {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self {
            digest: digest(&Sha256::digest(&bytes)),
            bytes,
        }
    }

    /// Its path in the archive.
    pub(super) fn path(&self) -> String {
        format!("blobs/{}", self.digest.replace(':', "/"))
    }
}

/// A layer's compressed bytes, and the digest of the plain ones.
#[derive(Debug)]
pub(super) struct LayerBlob {
    pub(super) blob: Blob,
    /// `sha256:…`
    pub(super) plain_digest: String,
}

/// Packs a layer.
pub(super) fn pack(tree: &Tree, progress: &mut dyn FnMut(u64)) -> Result<LayerBlob, ImageError> {
    let gzip = GzBuilder::new().mtime(0).operating_system(NO_SYSTEM);
    let mut tar = Builder::new(Hashed {
        hash: Sha256::new(),
        gzip: gzip.write(Vec::new(), Compression::default()),
    });
    for (path, node) in tree.nodes() {
        let memory = |error: io::Error| ImageError::Document(error.to_string());
        match &node.content {
            Content::Directory => append(&mut tar, path, node, 0, io::empty()).map_err(memory)?,
            Content::Text(text) => {
                let size = text.len() as u64;
                append(&mut tar, path, node, size, text.as_bytes()).map_err(memory)?;
            }
            Content::File(source, size) => {
                let failed = |error: io::Error| unreadable(source, &error);
                let file = File::open(source).map_err(failed)?;
                let now = file.metadata().map_err(failed)?.len();
                let mut left = *size;
                let file = Told {
                    file: file.take(*size),
                    left: &mut left,
                    progress,
                };
                append(&mut tar, path, node, *size, file).map_err(failed)?;
                // The header has announced so many bytes.
                if left > 0 || now != *size {
                    let path = source.clone();
                    return Err(ImageError::Changed { path });
                }
            }
        }
    }
    let finished = || -> io::Result<LayerBlob> {
        let Hashed { hash, gzip } = tar.into_inner()?;
        Ok(LayerBlob {
            plain_digest: digest(&hash.finalize()),
            blob: Blob::new(gzip.finish()?),
        })
    };
    finished().map_err(|error| ImageError::Document(error.to_string()))
}

fn append<W: Write>(
    tar: &mut Builder<W>,
    path: &Path,
    node: &Node,
    size: u64,
    content: impl Read,
) -> io::Result<()> {
    let mut header = header(size, node.mode);
    if let Content::Directory = node.content {
        header.set_entry_type(EntryType::Directory);
        // With a slash, as others write them.
        return tar.append_data(&mut header, path.join(""), content);
    }
    tar.append_data(&mut header, path, content)
}

/// The header of a plain file, without its path.
pub(super) fn header(size: u64, mode: u32) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(TIME);
    header.set_uid(0);
    header.set_gid(0);
    header
}

fn digest(hash: &[u8]) -> String {
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// Hashes what it compresses.
struct Hashed {
    hash: Sha256,
    gzip: GzEncoder<Vec<u8>>,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.gzip.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.gzip.flush()
    }
}

/// Tells what was read.
struct Told<'a> {
    file: io::Take<File>,
    left: &'a mut u64,
    progress: &'a mut dyn FnMut(u64),
}

impl Read for Told<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.file.read(buffer)?;
        *self.left = self.left.saturating_sub(len as u64);
        (self.progress)(len as u64);
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{ImageError, pack};
    use crate::package::Entry;
    use crate::package::image::tree::Tree;

    #[test]
    fn a_file_that_changes_its_size_is_not_packed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, "1234").unwrap();
        let mut tree = Tree::default();
        let entry = Entry::program("x", &path).unwrap();
        tree.file("/x", &entry).unwrap();
        let mut told = 0;
        pack(&tree, &mut |bytes| told += bytes).unwrap();
        assert_eq!(told, 4);
        for changed in ["123", "12345", ""] {
            fs::write(&path, changed).unwrap();
            let error = pack(&tree, &mut |_| {}).unwrap_err();
            assert!(matches!(error, ImageError::Changed { .. }), "{error}");
        }
    }
}
