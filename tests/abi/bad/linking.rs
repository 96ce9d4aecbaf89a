//! ELF files that cannot be loaded here, or are no plugins. Made with the C compiler.

use std::env::consts::ARCH;
use std::fs;

use super::{BUILD, CDYLIB, Folder};
use crate::tools::{has_c_compiler, skipped};

const SHARED: [&str; 4] = ["-shared", "-fPIC", "-nostdlib", "-ox.so"];

/// C that puts these records into the section.
fn records(records: &str) -> String {
    format!(
        "__attribute__((section(\".shim.info\"), used)) static const char info[] = {records:?};\n"
    )
}

fn record(name: &str, abi: &str) -> String {
    format!(
        r#"{{"record":"handler","name":"{name}","event":"json","abi":"{abi}","panic":"unwind"}}"#
    )
}

/// A folder, unless there is no C compiler.
fn folder(what: &str) -> Option<Folder> {
    if has_c_compiler() {
        return Some(Folder::new());
    }
    skipped(&format!("{what}: no C compiler (cc)"));
    None
}

#[test]
fn files_of_other_machines() {
    let Some(folder) = folder("files of other machines") else {
        return;
    };
    folder.cc(&SHARED, "int x;");
    let whole = fs::read(folder.path("x.so")).expect("a file");
    let (other, number) = match ARCH {
        "aarch64" => ("x86_64", 62),
        _ => ("aarch64", 183),
    };
    let hint = format!(
        "build it for this machine: `cargo build --release --lib --target {ARCH}-unknown-linux-gnu`"
    );
    let mut foreign = whole.clone();
    foreign[18] = number;
    folder.refuses(
        &folder.put("foreign.so", foreign),
        &format!("/dir/foreign.so is built for {other}, this shim for {ARCH}"),
        &hint,
    );
    let mut narrow = whole;
    narrow[4] = 1;
    folder.refuses(
        &folder.put("narrow.so", narrow),
        &format!("/dir/narrow.so is built for 32-bit {ARCH}, this shim for {ARCH}"),
        &hint,
    );
}

#[test]
fn files_that_are_not_shared_objects() {
    let Some(folder) = folder("files that are not shared objects") else {
        return;
    };
    let hint = format!("a plugin is a library with {CDYLIB} in Cargo.toml, built by {BUILD}");
    for kind in ["-pie", "-no-pie"] {
        folder.cc(&[kind, "-fPIE", "-ox"], "int main(void) { return 0; }");
        folder.refuses(
            &folder.path("x"),
            "/dir/x is an executable, not a shared object",
            &hint,
        );
    }
    folder.cc(&["-c", "-ox.o"], "int x;");
    folder.refuses(
        &folder.path("x.o"),
        "/dir/x.o is an object file (.o), not a shared object",
        &hint,
    );
}

#[test]
fn a_shared_object_that_is_no_plugin() {
    let Some(folder) = folder("a shared object that is no plugin") else {
        return;
    };
    let path = folder.path("x.so");
    let hint = format!(
        "mark a function of the crate with `#[plugin_api::handler]`, set {CDYLIB} in Cargo.toml \
         and run {BUILD}"
    );
    folder.cc(&SHARED, "int x;");
    folder.refuses(
        &path,
        "/dir/x.so is a shared object but no plugin: it has no `.shim.info` section",
        &hint,
    );
    folder.cc(&SHARED, &records(r#"{"record":"info","team":"checkout"}"#));
    folder.refuses(&path, "/dir/x.so exports no handler", &hint);
    folder.cc(&SHARED, &records("{\"record\":"));
    let (code, said) = folder.outcome(&["inspect"], &path);
    let start = "error: the `.shim.info` section of /dir/x.so is damaged: EOF while parsing";
    assert!(said.starts_with(start), "{said}");
    assert_eq!(code, super::BAD);
    let twice = format!("{}\n{}", record("x", "1.0.0"), record("x", "1.0.0"));
    folder.cc(&SHARED, &records(&twice));
    folder.refuses(
        &path,
        "/dir/x.so has two handlers named `x`",
        "rename one of the two",
    );
}

#[test]
fn a_plugin_of_another_version() {
    let Some(folder) = folder("a plugin of another version") else {
        return;
    };
    let path = folder.path("x.so");
    let ours = plugin_api_abi::ABI_VERSION;
    let line = ours.split('.').next().unwrap_or_default();
    folder.cc(&SHARED, &records(&record("x", "7.3.0")));
    folder.refuses(
        &path,
        &format!("/dir/x.so was built against plugin ABI 7.3.0, this shim speaks {ours}"),
        &format!(
            "use a newer shim that speaks ABI 7, or lower `plugin-api` in the plugin's Cargo.toml \
             to a version for ABI {line} and run {BUILD}"
        ),
    );
    folder.cc(&SHARED, &records(&record("x", "0.9.2")));
    folder.refuses(
        &path,
        &format!("/dir/x.so was built against plugin ABI 0.9.2, this shim speaks {ours}"),
        &format!(
            "raise `plugin-api` in the plugin's Cargo.toml to a version for ABI {line} and run \
             {BUILD}, or use an older shim that speaks ABI 0.9"
        ),
    );
}

#[test]
fn a_newer_glibc_is_needed() {
    let Some(folder) = folder("a newer glibc is needed") else {
        return;
    };
    // A libc of the future, to link with.
    folder.put("future.map", "GLIBC_9.99 { global: flying_car; };");
    let libc = [
        "-shared",
        "-nostdlib",
        "-Wl,-soname,libc.so.6",
        "-olibfuture.so",
    ];
    let script = ["-Wl,--version-script,future.map"];
    folder.cc(
        &[&libc[..], &script].concat(),
        "int flying_car(void) { return 1; }",
    );
    let source = "int flying_car(void); int drive(void) { return flying_car(); }\n";
    let source = format!(
        "{source}{}",
        records(&record("x", plugin_api_abi::ABI_VERSION))
    );
    folder.cc(
        &[&SHARED[..], &["-L.", "-Wl,--no-as-needed", "-lfuture"]].concat(),
        &source,
    );

    let (code, said) = folder.outcome(&["inspect"], &folder.path("x.so"));
    let start = "error: /dir/x.so needs GLIBC_9.99 (for `flying_car`), this system's glibc goes \
                 up to GLIBC_2.";
    let rest = said.strip_prefix(start).unwrap_or_else(|| panic!("{said}"));
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let hint = format!(
        "\n  hint: build it on a system as old as this one, or with `cargo zigbuild --release \
         --lib --target {ARCH}-unknown-linux-gnu.2.{minor}`\n"
    );
    assert_eq!(rest, format!("{minor}{hint}"));
    assert_eq!(code, super::BAD);
    let serve = folder.outcome(&["--port", "0", "--plugin"], &folder.path("x.so"));
    assert_eq!(serve, (code, said));
}

#[test]
fn a_library_is_missing() {
    let Some(folder) = folder("a library is missing") else {
        return;
    };
    folder.cc(&["-shared", "-nostdlib", "-olibdep.so"], "int dep;");
    let source = records(&record("x", plugin_api_abi::ABI_VERSION));
    folder.cc(
        &[&SHARED[..], &["-L.", "-Wl,--no-as-needed", "-ldep"]].concat(),
        &source,
    );
    folder.refuses(
        &folder.path("x.so"),
        "/dir/x.so needs libdep.so, not found on this system",
        "`ldd /dir/x.so` shows what it needs; install the missing libraries, or start shim with \
         their directory in LD_LIBRARY_PATH",
    );
}

#[test]
fn what_only_loading_shows() {
    let Some(folder) = folder("what only loading shows") else {
        return;
    };
    let path = folder.path("x.so");
    let serve = ["--port", "0", "--plugin"];
    let records = records(&record("x", plugin_api_abi::ABI_VERSION));
    let nowhere = "extern int nowhere(void); int x(void) { return nowhere(); }\n";
    folder.cc(&SHARED, &format!("{nowhere}{records}"));
    folder.refuses_with(
        &serve,
        &path,
        "/dir/x.so could not be loaded: /dir/x.so: undefined symbol: nowhere",
        "`ldd -r /dir/x.so` shows which libraries and symbols are missing",
    );
    // The records promise what is not there, or is something else.
    let again =
        format!("`cargo update -p plugin-api` in the plugin's crate and build it again: {BUILD}");
    folder.cc(&SHARED, &records);
    folder.refuses_with(
        &serve,
        &path,
        "/dir/x.so does not export `shim_handler__x`: /dir/x.so: undefined symbol: shim_handler__x",
        &again,
    );
    folder.cc(
        &SHARED,
        &format!("const char shim_handler__x[256] = {{0}};\n{records}"),
    );
    let (code, said) = folder.outcome(&serve, &path);
    let start = "error: /dir/x.so was built with an incompatible abi_stable: ";
    assert!(said.starts_with(start), "{said}");
    assert!(said.ends_with(&format!("\n  hint: {again}\n")), "{said}");
    assert_eq!((code, said.lines().count()), (super::BAD, 2), "{said}");
}
