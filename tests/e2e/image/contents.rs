//! What is in the layers.

use std::fs::{self, File};
use std::process::Command;
use std::time::{Duration, SystemTime};

use tar::EntryType;

use super::{Ground, skipped};

/// What every image of the plugin holds, beside the libraries.
const OWN: &[(&str, u32, &str)] = &[
    ("etc/ssl/certs/ca-certificates.crt", 0o644, "ca.pem"),
    ("usr/local/bin/shim", 0o755, "shim"),
    ("var/task/assets/logo.svg", 0o644, "assets/logo.svg"),
    ("var/task/liborders.so", 0o755, "liborders.so"),
    ("var/task/x", 0o644, "ca.pem"),
];

const WORDS: &str = "--handler create --include assets --include x=ca.pem --env A=1 --label b=2";

fn with_assets(test: &str) -> Option<Ground> {
    let ground = Ground::with_plugin(test)?;
    ground.put("assets/logo.svg", "<svg/>");
    Some(ground)
}

#[test]
fn the_layers_hold_what_is_needed_and_nothing_else() {
    let Some(ground) = with_assets("the contents of an image") else {
        return;
    };
    ground.image_after("", WORDS).expect_code(0);
    let image = ground.opened();
    for (path, mode, source) in OWN {
        let file = image.file(path);
        assert_eq!(file.mode, *mode, "{path}");
        assert!(
            file.bytes == fs::read(ground.path(source)).unwrap(),
            "{path}"
        );
    }
    let text = |path: &str| String::from_utf8(image.file(path).bytes).unwrap();
    assert!(text("etc/passwd").contains("nonroot:x:65532:65532:"));
    assert!(text("etc/group").contains("nonroot:x:65532:"));
    assert!(text("etc/nsswitch.conf").contains("hosts: files dns"));
    assert_eq!(image.file("tmp/").mode, 0o1777);

    let known = |path: &str| {
        let texts = ["etc/passwd", "etc/group", "etc/nsswitch.conf"];
        OWN.iter().any(|(own, ..)| *own == path) || texts.contains(&path)
    };
    let mut libraries = Vec::new();
    for entry in image.entries() {
        assert_eq!(entry.owner, (0, 0), "{}", entry.path);
        assert_eq!(entry.time, 1, "{}", entry.path);
        match entry.kind {
            EntryType::Directory if entry.path == "tmp/" => {}
            EntryType::Directory => assert_eq!(entry.mode, 0o755, "{}", entry.path),
            EntryType::Regular if known(&entry.path) => {}
            EntryType::Regular => {
                assert!(entry.bytes.starts_with(b"\x7fELF"), "{}", entry.path);
                assert_eq!(entry.mode, 0o755, "{}", entry.path);
                libraries.push(entry.path);
            }
            other => panic!("{}: {other:?}", entry.path),
        }
    }
    // libc and the dynamic linker: the program needs no other.
    let names: Vec<_> = libraries
        .iter()
        .map(|path| path.rsplit('/').next().unwrap())
        .collect();
    assert!(names.contains(&"libc.so.6"), "{libraries:?}");
    assert!(
        names.iter().any(|name| name.starts_with("ld-")),
        "{libraries:?}"
    );
    assert_eq!(names.len(), 2, "{libraries:?}");
}

#[test]
fn each_directory_stands_before_what_is_in_it() {
    let Some(ground) = with_assets("the order of entries") else {
        return;
    };
    ground.image_after("", WORDS).expect_code(0);
    for layer in ground.opened().layers() {
        let mut known = vec![String::new()];
        for entry in super::opened::entries(&layer) {
            let path = entry.path.trim_end_matches('/');
            let above = path.rsplit_once('/').map_or("", |(above, _)| above);
            assert!(known.iter().any(|known| known == above), "{path}");
            known.push(path.to_owned());
        }
    }
}

#[test]
fn libraries_of_plugins_and_of_libraries_are_packed() {
    let Some(ground) = Ground::with_plugin("libraries of libraries") else {
        return;
    };
    fs::create_dir(ground.path("libs")).unwrap();
    ground.cc(
        &["-shared", "-Wl,-soname,libb.so.1"],
        "libs/libb.so.1",
        "int b(void){return 1;}",
    );
    let flags = [
        "-shared",
        "-Wl,-soname,liba.so.1",
        "-Wl,--no-as-needed",
        "libs/libb.so.1",
    ];
    ground.cc(&flags, "libs/liba.so.1", "int a(void){return 1;}");
    let linked = [
        "-shared",
        "-Wl,-rpath,$ORIGIN/libs",
        "-Wl,--no-as-needed",
        "libs/liba.so.1",
    ];
    ground.cc(&linked, "liborders.so", &super::plugin(""));
    // The plugin's path is not that of its library.
    let told = ground.image_after("", "--handler create");
    told.expect_code(65)
        .expect_stderr("libs/liba.so.1 needs libb.so.1, which is not on this system")
        .expect_stderr("LD_LIBRARY_PATH=FOLDER shim image");
    let before = "export LD_LIBRARY_PATH=libs";
    ground
        .image_after(before, "--handler create")
        .expect_code(0);
    let image = ground.opened();
    let libc = image
        .entries()
        .into_iter()
        .find(|e| e.path.ends_with("/libc.so.6"))
        .unwrap()
        .path;
    for name in ["liba.so.1", "libb.so.1"] {
        // Where the dynamic linker looks.
        let file = image.file(&libc.replace("libc.so.6", name));
        assert!(file.bytes == fs::read(ground.path("libs").join(name)).unwrap());
    }
}

#[test]
fn the_same_files_make_the_same_image() {
    let (Some(one), Some(two)) = (with_assets("equal images"), with_assets("equal images")) else {
        return;
    };
    one.image_after("umask 022; TZ=UTC; export TZ", WORDS)
        .expect_code(0);
    let first = one.tar();

    // Other times, places, order, umask, time zone, and an image that was there.
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    for (_, _, source) in OWN {
        fs::copy(one.path(source), two.path(source)).unwrap();
        let file = File::options().write(true).open(two.path(source)).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    let mut reverse: Vec<_> = WORDS.split("--").filter(|word| !word.is_empty()).collect();
    reverse.reverse();
    let reverse = format!("--{}", reverse.join(" --"));
    for before in ["umask 077; TZ=Asia/Tokyo; export TZ", ""] {
        two.image_after(before, &reverse).expect_code(0);
        assert!(two.tar() == first);
    }
}

#[test]
fn tar_agrees() {
    let Some(ground) = with_assets("another reader of tars") else {
        return;
    };
    ground.image_after("", WORDS).expect_code(0);
    let list = |arguments: &[&str]| {
        let mut tar = Command::new("tar");
        let output = tar
            .current_dir(ground.path(""))
            .args(arguments)
            .output()
            .ok()?;
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
        Some(String::from_utf8(output.stdout).unwrap())
    };
    let Some(names) = list(&["tf", "orders.tar"]) else {
        skipped("another reader of tars: no tar");
        return;
    };
    let image = ground.opened();
    assert_eq!(names.lines().collect::<Vec<_>>(), image.names);
    list(&["xf", "orders.tar"]).unwrap();
    let layers = image.json("manifest.json")[0]["Layers"].clone();
    let mut listed = Vec::new();
    for layer in layers.as_array().unwrap() {
        let names = list(&["tzf", layer.as_str().unwrap()]).unwrap();
        listed.extend(names.lines().map(str::to_owned));
    }
    let paths: Vec<_> = image
        .entries()
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    assert_eq!(listed, paths);
}

#[test]
fn skopeo_agrees() {
    let Some(ground) = with_assets("another reader of images") else {
        return;
    };
    ground.image_after("", WORDS).expect_code(0);
    let digest = ground.opened().json("index.json")["manifests"][0]["digest"].clone();
    // It compares all digests with what they are of; podman reads images with the same library.
    for transport in ["oci-archive", "docker-archive"] {
        let mut skopeo = Command::new("skopeo");
        skopeo
            .current_dir(ground.path(""))
            .args(["--insecure-policy", "copy"]);
        let from = format!("{transport}:orders.tar");
        let Ok(output) = skopeo.args([from, format!("dir:{transport}")]).output() else {
            return skipped("another reader of images: no skopeo");
        };
        assert!(output.status.success(), "{transport}: {output:?}");
    }
    let manifest = fs::read(ground.path("oci-archive/manifest.json")).unwrap();
    assert_eq!(digest, super::opened::digest(&manifest));
}
