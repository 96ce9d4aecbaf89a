//! The bytes of the image's file: its blobs, and what leads to them.

use std::collections::BTreeMap;
use std::io;

use tar::{Builder, EntryType};

use super::ImageError;
use super::document::Documents;
use super::layer::{Blob, LayerBlob, header};

const DIRECTORY: u32 = 0o755;
const PLAIN: u32 = 0o644;

/// Packs the documents and the layers.
pub(super) fn pack(
    documents: &Documents,
    layers: &[(&'static str, LayerBlob)],
) -> Result<Vec<u8>, ImageError> {
    let blobs = layers.iter().map(|(_, layer)| &layer.blob);
    let blobs = blobs.chain([&documents.config, &documents.manifest]);
    write(documents, blobs).map_err(|error| ImageError::Document(error.to_string()))
}

fn write<'a>(documents: &Documents, blobs: impl Iterator<Item = &'a Blob>) -> io::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    let mut file = |path: &str, bytes: &[u8]| {
        let mut header = header(bytes.len() as u64, PLAIN);
        tar.append_data(&mut header, path, bytes)
    };
    file("oci-layout", &documents.layout)?;
    file("index.json", &documents.index)?;
    file("manifest.json", &documents.docker)?;
    for path in ["blobs/", "blobs/sha256/"] {
        let mut header = header(0, DIRECTORY);
        header.set_entry_type(EntryType::Directory);
        tar.append_data(&mut header, path, io::empty())?;
    }
    // Equal layers are one blob.
    let blobs: BTreeMap<String, &Blob> = blobs.map(|blob| (blob.path(), blob)).collect();
    for (path, blob) in blobs {
        let mut header = header(blob.bytes.len() as u64, PLAIN);
        tar.append_data(&mut header, path, blob.bytes.as_slice())?;
    }
    tar.into_inner()
}
