//! An image, taken apart.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use sha2::{Digest as _, Sha256};
use shim_testkit::Value;
use tar::{Archive, EntryType};

/// The files of an image, and what its documents say.
pub(super) struct Opened {
    /// The names in the archive, in their order.
    pub(super) names: Vec<String>,
    files: BTreeMap<String, Vec<u8>>,
}

/// One entry of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) kind: EntryType,
    pub(super) mode: u32,
    pub(super) owner: (u64, u64),
    pub(super) time: u64,
    pub(super) bytes: Vec<u8>,
}

impl Opened {
    pub(super) fn new(tar: &[u8]) -> Self {
        let mut opened = Self {
            names: Vec::new(),
            files: BTreeMap::new(),
        };
        for entry in entries(tar) {
            opened.names.push(entry.path.clone());
            if entry.kind == EntryType::Regular {
                let twice = opened.files.insert(entry.path.clone(), entry.bytes);
                assert!(twice.is_none(), "{} is there twice", entry.path);
            }
        }
        opened
    }

    pub(super) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.files[name]).unwrap()
    }

    /// What a descriptor describes, if it does.
    #[track_caller]
    pub(super) fn described(&self, descriptor: &Value, media_type: &str) -> &[u8] {
        assert_eq!(descriptor["mediaType"], media_type);
        let bytes = self.blob(descriptor["digest"].as_str().unwrap());
        assert_eq!(descriptor["size"], bytes.len());
        bytes
    }

    /// A blob, whose digest is right.
    #[track_caller]
    pub(super) fn blob(&self, digest: &str) -> &[u8] {
        let path = format!("blobs/{}", digest.replace(':', "/"));
        let bytes = self.files.get(&path);
        let bytes = bytes.unwrap_or_else(|| panic!("no {path}: {:?}", self.names));
        assert_eq!(self::digest(bytes), digest);
        bytes
    }

    pub(super) fn blobs(&self) -> impl Iterator<Item = &String> {
        self.files.keys().filter(|name| name.starts_with("blobs/"))
    }

    pub(super) fn manifest(&self) -> Value {
        let index = self.json("index.json");
        let digest = index["manifests"][0]["digest"].as_str().unwrap();
        serde_json::from_slice(self.blob(digest)).unwrap()
    }

    pub(super) fn config(&self) -> Value {
        let manifest = self.manifest();
        let digest = manifest["config"]["digest"].as_str().unwrap();
        serde_json::from_slice(self.blob(digest)).unwrap()
    }

    /// The bytes of the layers, not compressed, from the lowest to the highest.
    pub(super) fn layers(&self) -> Vec<Vec<u8>> {
        let manifest = self.manifest();
        let layers = manifest["layers"].as_array().unwrap().iter();
        let unpacked = layers.map(|layer| {
            let packed = self.blob(layer["digest"].as_str().unwrap());
            let mut bytes = Vec::new();
            GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
            bytes
        });
        unpacked.collect()
    }

    /// All entries of all layers.
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.layers().iter().flat_map(|tar| entries(tar)).collect()
    }

    /// One file of the layers.
    #[track_caller]
    pub(super) fn file(&self, path: &str) -> Entry {
        let mut entries = self.entries().into_iter();
        let found = entries.find(|entry| entry.path == path);
        found.unwrap_or_else(|| panic!("no {path}"))
    }

    /// Unpacks all layers, one over the other.
    pub(super) fn unpack(&self, folder: &Path) {
        for layer in self.layers() {
            let mut archive = Archive::new(layer.as_slice());
            archive.set_preserve_permissions(true);
            archive.unpack(folder).unwrap();
        }
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

pub(super) fn entries(tar: &[u8]) -> Vec<Entry> {
    let mut archive = Archive::new(tar);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        let header = entry.header();
        Entry {
            path: entry.path().unwrap().to_str().unwrap().to_owned(),
            kind: header.entry_type(),
            mode: header.mode().unwrap(),
            owner: (header.uid().unwrap(), header.gid().unwrap()),
            time: header.mtime().unwrap(),
            bytes,
        }
    });
    entries.collect()
}
