//! [`examine`] on small shared objects, whole and broken in every way that has an error.

use std::fs;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::json;
use tempfile::TempDir;

use super::{EventKind, LoadError, PanicStrategy, PluginFile, examine};

/// Where the records go in the plugin that [`plugin`] makes.
const MARK: &[u8] = b"@records@";
const ROOM: usize = 2048;

fn cc(directory: &Path, arguments: &[&str]) {
    let status = Command::new("cc")
        .current_dir(directory)
        .args(arguments)
        .status()
        .unwrap();
    assert!(status.success(), "cc {arguments:?}");
}

/// A shared object that needs `puts` of libc and has room for records.
fn template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let directory = TempDir::new().unwrap();
        let source = format!(
            r#"int puts(const char *);
            int hello(void) {{ return puts("hello"); }}
            __asm__(".ident \"rustc version 1.95.0 (test)\"");
            __attribute__((section(".shim.info"), used))
            static const char info[{ROOM}] = "@records@";"#
        );
        fs::write(directory.path().join("x.c"), source).unwrap();
        let linking = [
            "-shared",
            "-fPIC",
            "-nostartfiles",
            "-Wl,--build-id=0x0123abcd",
        ];
        cc(
            directory.path(),
            &[&linking[..], &["x.c", "-o", "x.so"]].concat(),
        );
        fs::read(directory.path().join("x.so")).unwrap()
    })
}

/// The template with these records.
fn plugin_with(records: &str) -> Vec<u8> {
    let mut bytes = template().to_vec();
    let at = find(&bytes, MARK);
    bytes[at..at + ROOM].fill(0);
    bytes[at..at + records.len()].copy_from_slice(records.as_bytes());
    bytes
}

fn plugin() -> Vec<u8> {
    plugin_with(&record("1.0.0"))
}

fn record(abi: &str) -> String {
    let package = json!({"name": "greeter", "version": "0.2.0", "description": "Greets."});
    let record = json!({
        "record": "handler", "name": "hello", "doc": "", "event": "json", "lifecycle": true,
        "async": false, "abi": abi, "plugin_api": "0.1.0", "panic": "unwind", "package": package,
    });
    format!("{record}\n")
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes
        .windows(what.len())
        .position(|window| window == what)
        .unwrap()
}

fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    let at = find(bytes, old);
    bytes[at..at + new.len()].copy_from_slice(new);
}

fn examine_bytes(bytes: &[u8]) -> Result<PluginFile, LoadError> {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("x.so");
    fs::write(&path, bytes).unwrap();
    examine(&path)
}

/// The error's message, with the file's path cut down to `x.so`.
fn refusal(bytes: &[u8]) -> String {
    short(examine_bytes(bytes).unwrap_err())
}

fn short(error: LoadError) -> String {
    let text = error.to_string();
    let words = text.split(' ').map(|word| match word.rsplit_once('/') {
        Some((_, name)) if word.starts_with('/') => name,
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_good_plugin_is_described() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("x.so"), plugin()).unwrap();
    let link = directory.path().join("link.so");
    std::os::unix::fs::symlink("x.so", &link).unwrap();

    let file = examine(&link).unwrap();
    assert_eq!(
        file.path,
        directory.path().canonicalize().unwrap().join("x.so")
    );
    assert_eq!(file.size, plugin().len() as u64);
    assert_eq!(file.machine, std::env::consts::ARCH);
    assert_eq!(
        (file.abi.to_string(), file.plugin_api.as_str()),
        ("1.0.0".to_owned(), "0.1.0")
    );
    assert_eq!(file.panic, PanicStrategy::Unwind);
    assert_eq!(
        file.compiler.as_deref(),
        Some("rustc version 1.95.0 (test)")
    );
    assert_eq!(
        file.glibc
            .as_ref()
            .and_then(|glibc| glibc.symbol.as_deref()),
        Some("puts")
    );
    assert_eq!(file.needed, ["libc.so.6"]);
    assert_eq!((file.symbols, file.debug_info), (true, false));
    assert_eq!(file.build_id.as_deref(), Some("0123abcd"));
    assert_eq!(file.package.name, "greeter");
    assert_eq!(file.handlers.len(), 1);
    assert!(file.handlers[0].lifecycle && file.handlers[0].event == EventKind::Json);
    assert_eq!(file.info()["doc"], "Greets.");

    let json = serde_json::to_value(&file).unwrap();
    assert_eq!(json["abi"], "1.0.0");
    assert_eq!(json["handlers"][0]["async"], false);
    assert_eq!(
        json["glibc"]["version"],
        file.glibc.unwrap().version.to_string()
    );
}

#[test]
fn what_is_no_file_is_told_apart() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    assert_eq!(
        short(examine(&path("x.so")).unwrap_err()),
        "x.so does not exist"
    );

    let error = examine(directory.path()).unwrap_err();
    assert!(
        matches!(error, LoadError::Directory { similar: None, .. }),
        "{error:?}"
    );
    fs::write(path("libmy_plugin.so"), "").unwrap();
    let error = examine(directory.path()).unwrap_err();
    assert!(
        error.hint().unwrap().ends_with("/libmy_plugin.so`"),
        "{error:?}"
    );
    let error = examine(&path("my-plugin.so")).unwrap_err();
    assert!(
        error.hint().unwrap().ends_with("/libmy_plugin.so?"),
        "{error:?}"
    );
    let error = examine(&path("libmy_plugin.so").join("x.so")).unwrap_err();
    assert!(matches!(error, LoadError::NotFound { .. }), "{error:?}");

    let _socket = std::os::unix::net::UnixListener::bind(path("socket.so")).unwrap();
    let error = short(examine(&path("socket.so")).unwrap_err());
    assert_eq!(
        error,
        "socket.so cannot be read: it is a pipe, a socket or a device"
    );

    fs::write(path("secret.so"), plugin()).unwrap();
    fs::set_permissions(path("secret.so"), fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read it all the same.
    if fs::File::open(path("secret.so")).is_err() {
        let error = examine(&path("secret.so")).unwrap_err();
        assert!(matches!(error, LoadError::Unreadable { .. }), "{error:?}");
    }
}

#[test]
fn what_is_no_elf_file_is_told_apart() {
    assert_eq!(refusal(b""), "x.so is empty, not a plugin");
    let text = "x.so is not an ELF shared object (it looks like text)";
    assert_eq!(refusal(b"not a library\n"), text);
    let archive = "x.so is not an ELF shared object (it looks like a static library (.a or .rlib))";
    assert_eq!(refusal(b"!<arch>\nlib.rmeta/      "), archive);
}

#[test]
fn a_file_that_is_cut_off_is_found_out() {
    let whole = plugin();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("x.so");
    fs::write(&path, &whole).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    for len in (4..whole.len()).rev().step_by(7) {
        file.set_len(len as u64).unwrap();
        let error = examine(&path).unwrap_err();
        assert!(
            matches!(error, LoadError::Truncated { .. }),
            "{len}: {error}"
        );
    }
}

#[test]
fn files_of_other_machines_name_both() {
    let ours = std::env::consts::ARCH;
    let (other, number) = match ours {
        "aarch64" => ("x86_64", 62),
        _ => ("aarch64", 183),
    };
    let mut foreign = plugin();
    foreign[18] = number;
    assert_eq!(
        refusal(&foreign),
        format!("x.so is built for {other}, this shim for {ours}")
    );
    let mut narrow = plugin();
    narrow[4] = 1;
    assert_eq!(
        refusal(&narrow),
        format!("x.so is built for 32-bit {ours}, this shim for {ours}")
    );
}

#[test]
fn only_shared_objects_pass() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("x.c"), "int main(void) { return 0; }").unwrap();
    cc(directory.path(), &["-pie", "-fPIE", "x.c", "-o", "x"]);
    let error = short(examine(&directory.path().join("x")).unwrap_err());
    assert_eq!(error, "x is an executable, not a shared object");

    let of_type = |kind: u8| {
        let mut bytes = plugin();
        bytes[16] = kind;
        refusal(&bytes)
    };
    assert_eq!(of_type(2), "x.so is an executable, not a shared object");
    assert_eq!(
        of_type(1),
        "x.so is an object file (.o), not a shared object"
    );
    assert_eq!(of_type(4), "x.so is a core dump, not a shared object");
}

#[test]
fn a_shared_object_needs_records_that_fit() {
    let mut other = plugin();
    replace(&mut other, b"\0.shim.info\0", b"\0.shim.misc\0");
    let none = "x.so is a shared object but no plugin: it has no `.shim.info` section";
    assert_eq!(refusal(&other), none);
    assert_eq!(refusal(&plugin_with("")), "x.so exports no handler");
    assert!(refusal(&plugin_with("{\"record\":")).contains("section of x.so is damaged: EOF"));
    let newer = "x.so was built against plugin ABI 2.0.0, this shim speaks 1.0.0";
    assert_eq!(refusal(&plugin_with(&record("2.0.0"))), newer);
}

#[test]
fn a_section_beyond_the_limit_is_not_read() {
    let mut bytes = plugin();
    let (at, len) = (find(&bytes, b"{\""), bytes.len() as u64);
    let range = [(at as u64).to_ne_bytes(), (ROOM as u64).to_ne_bytes()].concat();
    let larger = [len.to_ne_bytes(), (super::MAX_INFO + 1).to_ne_bytes()].concat();
    // The section headers stand last; the symbol table has the same two numbers before them.
    let header = bytes
        .windows(16)
        .rposition(|window| window == range)
        .unwrap();
    bytes[header..header + 16].copy_from_slice(&larger);
    bytes.resize(bytes.len() + (2 << 20), 0);
    assert!(refusal(&bytes).ends_with("is damaged: it has 1048577 bytes, the limit is 1048576"));
}

#[test]
fn a_newer_glibc_is_named_with_a_symbol() {
    let mut bytes = plugin();
    let at = find(&bytes, b"GLIBC_2.");
    let end = at + find(&bytes[at..], b"\0");
    bytes[at..end].fill(0);
    bytes[at..at + 10].copy_from_slice(b"GLIBC_9.99");
    let error = examine_bytes(&bytes).unwrap_err();
    assert!(
        error.hint().unwrap().contains("cargo zigbuild"),
        "{error:?}"
    );
    let error = short(error);
    let expected = "x.so needs GLIBC_9.99 (for `puts`), this system's glibc goes up to GLIBC_2.";
    assert!(error.starts_with(expected), "{error}");
}

/// A directory with the plugin `x.so`, which needs `libdep.so` of the directory `lib`.
fn plugin_with_library(extra: &[&str]) -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let lib = directory.path().join("lib");
    fs::create_dir(&lib).unwrap();
    fs::write(lib.join("dep.c"), "int dep;").unwrap();
    let plain = ["-shared", "-nostdlib"];
    cc(&lib, &[&plain[..], &["dep.c", "-o", "libdep.so"]].concat());
    let source = r#"__attribute__((section(".shim.info"), used)) static const char info[] = "#;
    fs::write(
        directory.path().join("x.c"),
        format!("{source}{:?};", record("1.0.0")),
    )
    .unwrap();
    let linking = ["x.c", "-o", "x.so", "-Wl,--no-as-needed", "-Llib", "-ldep"];
    cc(directory.path(), &[&plain[..], &linking, extra].concat());
    let path = directory.path().join("x.so");
    (directory, path)
}

#[test]
fn a_library_that_is_nowhere_is_named() {
    let (_directory, path) = plugin_with_library(&[]);
    let error = examine(&path).unwrap_err();
    assert!(error.hint().unwrap().contains("`ldd "), "{error:?}");
    assert_eq!(
        short(error),
        "x.so needs libdep.so, not found on this system"
    );
}

#[test]
fn a_library_beside_the_plugin_is_found_by_its_run_path() {
    let (directory, path) = plugin_with_library(&["-Wl,-rpath,/nowhere:$ORIGIN/lib"]);
    assert_eq!(examine(&path).unwrap().needed, ["libdep.so"]);
    // What is there but no library does not count.
    fs::write(directory.path().join("lib/libdep.so"), "INPUT(libother.so)").unwrap();
    assert_eq!(
        short(examine(&path).unwrap_err()),
        "x.so needs libdep.so, not found on this system"
    );
}

#[test]
fn no_damage_leads_to_a_panic() {
    let whole = plugin();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("x.so");
    fs::write(&path, &whole).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    // A fixed sequence (xorshift), so that a failure can be repeated.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let records = find(&whole, b"{\"");
    let tables = usize::try_from(u64::from_ne_bytes(whole[40..48].try_into().unwrap())).unwrap();
    let regions = [
        0..0x300,
        records..records + 300,
        tables..whole.len(),
        0..whole.len(),
    ];
    for case in 0..6000 {
        let region = &regions[case % regions.len()];
        let at = region.start + random(region.len());
        let len = [1, 1, 4, 8][random(4)].min(whole.len() - at);
        let mut bytes = whole[at..at + len].to_vec();
        match random(4) {
            0 => bytes.fill(0xff),
            1 => bytes.fill(0),
            2 => bytes.iter_mut().for_each(|byte| *byte = random(256) as u8),
            _ => bytes[0] ^= 1 << random(8),
        }
        file.write_all_at(&bytes, at as u64).unwrap();
        let result = examine(&path);
        // Messages and hints must hold out as well.
        if let Err(error) = result {
            let _ = (error.to_string(), error.hint());
        }
        file.write_all_at(&whole[at..at + len], at as u64).unwrap();
    }
    examine(&path).unwrap();
}
