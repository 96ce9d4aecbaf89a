//! Files that are no shared objects of this machine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process;

use shim_testkit::Program;

use super::{BAD, BUILD, CDYLIB, Folder};
use crate::builds::Build;
use crate::tools::{SHIM, skipped};

#[test]
fn nothing_is_there() {
    let folder = Folder::new();
    folder.refuses(
        &folder.path("plugin.so"),
        "/dir/plugin.so does not exist",
        &format!("{BUILD} writes it to `target/release/lib<package>.so`"),
    );
    folder.put("libmy_plugin.so", "");
    folder.refuses(
        &folder.path("my-plugin.so"),
        "/dir/my-plugin.so does not exist",
        "is it /dir/libmy_plugin.so?",
    );
}

#[test]
fn a_directory() {
    let folder = Folder::new();
    let inner = folder.path("inner");
    fs::create_dir(&inner).expect("a folder");
    folder.refuses(
        &inner,
        "/dir/inner is a directory, not a plugin",
        &format!("name the file itself; {BUILD} writes `target/release/lib<package>.so`"),
    );
    folder.put("inner/libx.so", "");
    folder.refuses(
        &inner,
        "/dir/inner is a directory, not a plugin",
        "name the file: `--plugin /dir/inner/libx.so`",
    );
}

#[test]
fn a_file_that_may_not_be_read() {
    let folder = Folder::new();
    let plugin = folder.put("secret.so", "x");
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o000)).expect("it is ours");
    let message = "error: /dir/secret.so cannot be read: Permission denied (os error 13)\n  \
                   hint: `namei -l /dir/secret.so` shows who may read it\n";
    // Root may read it all the same, so it becomes nobody, who in turn needs a shim to run.
    let root = fs::File::open(&plugin).is_ok();
    let shim = folder.path("shim");
    fs::copy(SHIM, &shim).expect("a copy");
    let tool = process::Command::new("setpriv").arg("--version").output();
    if root && tool.is_err() {
        return skipped("a plugin that may not be read: root may, and there is no setpriv");
    }
    for arguments in [&["inspect"][..], &["--port", "0", "--plugin"]] {
        let command = if root {
            let tool = Program::at(Path::new("setpriv")).command();
            tool.words(["--reuid", "65534", "--clear-groups"])
                .word(&shim)
        } else {
            Program::at(&shim).command()
        };
        let ended = folder.ended(command.words(arguments).word(&plugin));
        assert_eq!(ended, (BAD, message.to_owned()));
    }
}

#[test]
fn no_file_but_a_device() {
    let folder = Folder::new();
    folder.refuses(
        Path::new("/dev/null"),
        "/dev/null cannot be read: it is a pipe, a socket or a device",
        "`namei -l /dev/null` shows who may read it",
    );
}

#[test]
fn not_elf() {
    let folder = Folder::new();
    let hint = format!("a plugin is a library with {CDYLIB} in Cargo.toml, built by {BUILD}");
    for (bytes, what) in [
        (&b"hello\n"[..], "text"),
        (b"#!/bin/sh\n", "a script"),
        (b"!<arch>\n", "a static library (.a or .rlib)"),
        (b"\x00\x01\x02", "unknown data"),
    ] {
        folder.refuses(
            &folder.put("x.so", bytes),
            &format!("/dir/x.so is not an ELF shared object (it looks like {what})"),
            &hint,
        );
    }
}

#[test]
fn empty() {
    let folder = Folder::new();
    folder.refuses(
        &folder.put("x.so", ""),
        "/dir/x.so is empty, not a plugin",
        &in_place_at_once("/dir/x.so"),
    );
}

#[test]
fn cut_off() {
    let folder = Folder::new();
    let whole = fs::read(Build::current("current").plugin()).expect("a plugin");
    // The section headers stand at the end; their place and number are in the first header.
    let at = u64::from_ne_bytes(whole[40..48].try_into().expect("8 bytes"));
    let count = u16::from_ne_bytes(whole[60..62].try_into().expect("2 bytes"));
    let end = at + 64 * u64::from(count);
    assert_eq!(end, whole.len() as u64);
    for size in [64, 4096, whole.len() / 2, whole.len() - 1] {
        let path = folder.put("x.so", &whole[..size]);
        let (code, said) = folder.outcome(&["--port", "0", "--plugin"], &path);
        let start = format!(
            "error: /dir/x.so is cut off or damaged: it has {size} bytes, its headers speak of "
        );
        assert!(said.starts_with(&start), "{said}");
        let hint = format!("\n  hint: {}\n", in_place_at_once("/dir/x.so"));
        assert!(said.ends_with(&hint), "{said}");
        assert_eq!(code, BAD, "{said}");
    }
    let last = folder.put("x.so", &whole[..whole.len() - 1]);
    folder.refuses(
        &last,
        &format!(
            "/dir/x.so is cut off or damaged: it has {} bytes, its headers speak of {end}",
            end - 1
        ),
        &in_place_at_once("/dir/x.so"),
    );
}

fn in_place_at_once(path: &str) -> String {
    format!(
        "a build or a copy was broken off or still runs; put a new file in place at once: \
         `cp new.so {path}.new && mv {path}.new {path}`"
    )
}
