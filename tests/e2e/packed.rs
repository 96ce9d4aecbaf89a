//! The crates that an author's crate depends on, as they are published: packed by `cargo package`,
//! unpacked outside of the workspace, and put in the place of those on crates.io.
//!
//! They lie in `<target>/packed`, and are unpacked again only when they have changed, so that cargo
//! need not compile them again for each run of the tests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use flate2::read::GzDecoder;

/// In the order in which they would be published.
const NAMES: [&str; 3] = ["plugin-api-macros", "plugin-api-abi", "plugin-api"];

/// A crate: its name and the folder that it was unpacked into.
pub(crate) type Packed = (&'static str, PathBuf);

/// All of them.
pub(crate) fn crates() -> &'static [Packed] {
    static PACKED: OnceLock<Vec<Packed>> = OnceLock::new();
    PACKED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let folder = folder.join("packed");
        fs::create_dir_all(&folder).unwrap();
        // Other processes that want the same wait meanwhile.
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        let folder = folder.canonicalize().unwrap();
        // What an older version left.
        let _ = fs::remove_dir_all(folder.join("package"));
        pack(&folder);
        NAMES.map(|name| (name, unpack(&folder, name))).into()
    })
}

/// What lets cargo take the packed crates for those of crates.io, in a configuration of it.
pub(crate) fn in_place_of_crates_io() -> String {
    let mut config = "[patch.crates-io]\n".to_owned();
    for (name, path) in crates() {
        config.push_str(&format!("{name} = {{ path = {:?} }}\n", path.display()));
    }
    config
}

/// Packs them into `<folder>/package`.
fn pack(folder: &Path) {
    let packs = |offline: bool| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["package", "--no-verify", "--allow-dirty", "--target-dir"])
            .arg(folder)
            .args(NAMES.iter().flat_map(|name| ["-p", name]))
            .args(offline.then_some("--offline"))
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .env_remove("CARGO_TARGET_DIR")
            .stdin(Stdio::null());
        let output = cargo.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success().then_some(()).ok_or(said)
    };
    // The registry is asked only if it has to be.
    if packs(true).is_err() {
        packs(false).unwrap_or_else(|said| panic!("cargo package failed:\n{said}"));
    }
}

/// The folder with the crate's files, as they are in its archive.
fn unpack(folder: &Path, name: &str) -> PathBuf {
    let archive = fs::read_dir(folder.join("package")).unwrap();
    let archive = archive.map(|entry| entry.unwrap().path()).find(|path| {
        let file = path.file_name().unwrap().to_str().unwrap();
        let version = file.strip_prefix(name).and_then(|f| f.strip_prefix('-'));
        version.is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()))
    });
    let archive = archive.unwrap_or_else(|| panic!("{name} was not packed"));
    let bytes = fs::read(&archive).unwrap();
    let (seen, to) = (
        folder.join(format!("{name}.seen")),
        folder.join("crates").join(archive.file_stem().unwrap()),
    );
    if fs::read(&seen).is_ok_and(|before| before == bytes) && to.exists() {
        return to;
    }
    let _ = fs::remove_dir_all(&to);
    let mut tar = tar::Archive::new(GzDecoder::new(&bytes[..]));
    // Cargo tells by their times what has changed.
    tar.set_preserve_mtime(false);
    tar.unpack(folder.join("crates")).unwrap();
    fs::write(seen, bytes).unwrap();
    to
}

#[test]
fn the_crates_can_be_published() {
    for (name, folder) in crates() {
        let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let manifest: toml::Table = toml::from_str(&text).unwrap();
        let package = manifest["package"].as_table().unwrap();
        assert_eq!(package["name"].as_str(), Some(*name));
        for key in ["description", "license", "readme", "rust-version"] {
            assert!(package.contains_key(key), "{name} has no {key}");
        }
        for file in ["README.md", "LICENSE-APACHE", "LICENSE-MIT", "src/lib.rs"] {
            let found = fs::metadata(folder.join(file));
            assert!(found.is_ok_and(|file| file.is_file()), "{name}: no {file}");
        }
        for kind in ["dependencies", "dev-dependencies"] {
            let of_kind = manifest.get(kind).and_then(toml::Value::as_table);
            for (dependency, wanted) in of_kind.into_iter().flatten() {
                assert!(
                    wanted.get("path").is_none() && wanted.get("version").is_some(),
                    "{name} cannot be published: {dependency} = {wanted}"
                );
            }
        }
    }
}
