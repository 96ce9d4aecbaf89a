//! What is in the zip, and what is said of it.

use std::fs::{self, File, Permissions};
use std::io::{Cursor, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use shim_testkit::{Value, plugin};
use zip::ZipArchive;

use super::{BOOTSTRAP, Ground, skipped};
use crate::shim;

/// A folder with more to pack.
fn with_assets(test: &str) -> Option<Ground> {
    let ground = Ground::with_plugin(test)?;
    ground.put("assets/logo.svg", "<svg/>");
    ground.put("assets/empty", "");
    ground.put("assets/größe/1.txt", "1".repeat(100_000));
    let script = ground.put("assets/run.sh", "#!/bin/sh\n");
    fs::set_permissions(script, Permissions::from_mode(0o700)).unwrap();
    ground.put("secret.toml", "key = 1\n");
    fs::set_permissions(ground.path("secret.toml"), Permissions::from_mode(0o600)).unwrap();
    Some(ground)
}

const INCLUDES: &str = "--include assets/ --include secret.toml --include etc/x=secret.toml";

/// Name, mode and source of everything in the package of [`with_assets`].
const CONTENTS: &[(&str, u32, &str)] = &[
    ("assets/empty", 0o644, "assets/empty"),
    ("assets/größe/1.txt", 0o644, "assets/größe/1.txt"),
    ("assets/logo.svg", 0o644, "assets/logo.svg"),
    ("assets/run.sh", 0o755, "assets/run.sh"),
    ("bootstrap", 0o755, "bootstrap"),
    ("etc/x", 0o644, "secret.toml"),
    ("liborders.so", 0o755, "liborders.so"),
    ("secret.toml", 0o644, "secret.toml"),
];

#[test]
fn the_zip_holds_bootstrap_plugin_and_what_is_included() {
    let Some(ground) = with_assets("the contents of a zip") else {
        return;
    };
    ground.package_after("", INCLUDES).expect_code(0);
    let mut zip = ZipArchive::new(Cursor::new(ground.zip())).unwrap();
    assert_eq!(zip.len(), CONTENTS.len());
    for (index, (name, mode, source)) in CONTENTS.iter().enumerate() {
        let mut entry = zip.by_index(index).unwrap();
        assert_eq!(entry.name().unwrap(), *name);
        assert_eq!(entry.unix_mode(), Some(0o100_000 | mode), "{name}");
        assert_eq!(entry.extra_data(), None, "{name}");
        let time = entry.last_modified().unwrap().to_string();
        assert_eq!(time, "1980-01-01 00:00:00", "{name}");
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        assert!(bytes == fs::read(ground.path(source)).unwrap(), "{name}");
    }
}

#[test]
fn the_same_files_make_the_same_zip() {
    let (Some(one), Some(two)) = (with_assets("equal zips"), with_assets("equal zips")) else {
        return;
    };
    one.package_after("umask 022; TZ=UTC; export TZ", INCLUDES)
        .expect_code(0);
    let first = one.zip();

    // Other times, modes, places, order, umask, time zone, and a zip that was there.
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    for (_, _, source) in CONTENTS {
        // The linker leaves no two C files alike: what counts are the contents.
        fs::copy(one.path(source), two.path(source)).unwrap();
        let file = File::options().write(true).open(two.path(source)).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    fs::set_permissions(two.path("secret.toml"), Permissions::from_mode(0o666)).unwrap();
    fs::set_permissions(two.path("liborders.so"), Permissions::from_mode(0o600)).unwrap();
    let mut reverse: Vec<_> = INCLUDES.split(" --").collect();
    reverse.reverse();
    let reverse = format!("--{}", reverse.join(" --")).replace("----", "--");
    two.package_after("umask 077; TZ=Asia/Tokyo; export TZ", &reverse)
        .expect_code(0);
    assert!(two.zip() == first);
    let elsewhere = two
        .package()
        .arg("--include", two.named("etc/x", "secret.toml"))
        .arg("--include", two.path("secret.toml"))
        .arg("--include", two.path("assets"));
    elsewhere.run().expect_code(0);
    assert!(two.zip() == first);
}

#[test]
fn what_was_written_is_told_as_json() {
    let Some(ground) = with_assets("the report") else {
        return;
    };
    let written = ground.package_after("", &format!("{INCLUDES} --format json --handler create"));
    let told = written.expect_code(0).json();
    let zip = ground.zip();
    assert_eq!(told["output"], "orders.zip");
    assert_eq!(told["size"], zip.len());
    assert_eq!(told["code_sha256"], STANDARD.encode(Sha256::digest(&zip)));
    assert_eq!(told["handler"], "orders.create");
    assert_eq!(told["runtime"], "provided.al2023");
    assert_eq!(told["architecture"], super::machines()[0].1);
    let entries = told["entries"].as_array().unwrap();
    let names: Vec<_> = entries
        .iter()
        .map(|e| e["name"].as_str().unwrap())
        .collect();
    let expected: Vec<_> = CONTENTS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, expected);
    assert_eq!(entries[3]["mode"], "0755");
    assert_eq!(entries[1]["size"], 100_000);
    assert!(entries[1]["packed"].as_u64().unwrap() < 1000, "{told}");
    let sizes = entries.iter().map(|entry| entry["size"].as_u64().unwrap());
    assert_eq!(told["unpacked"], sizes.sum::<u64>());
    assert_eq!(told["next"]["upload"], Value::Null);
}

#[test]
fn what_to_type_next_is_told() {
    let Some(ground) = Ground::with_plugin("what to type next") else {
        return;
    };
    let told = ground.package_after("", "--handler create");
    let arch = super::machines()[0].1;
    told.expect_code(0)
        .expect_stdout("\nwrote orders.zip\nCodeSha256 ")
        .expect_stdout(&format!(
            "aws lambda create-function --function-name orders --runtime provided.al2023 \
             --architectures {arch} --handler orders.create --role ROLE_ARN \
             --zip-file fileb://orders.zip\n"
        ))
        .expect_stdout(
            "aws lambda update-function-code --function-name orders --zip-file fileb://orders.zip\n",
        )
        .expect_stdout("      CodeUri: \"orders.zip\"\n      Handler: \"orders.create\"\n");
    assert!(!told.stdout().contains("other handlers"));

    // Several handlers and none named: all can be deployed.
    let several = ground.package_after("", "");
    several
        .expect_code(0)
        .expect_stdout("--handler orders.cancel ")
        .expect_stdout("# other handlers in this package: orders.create\n");

    // In short, as for `serve`.
    let short = shim()
        .command()
        .word("package")
        .arg(
            "--plugin",
            format!("shop.v2={}#create", ground.path("liborders.so").display()),
        )
        .arg("--bootstrap", ground.path("bootstrap"))
        .arg("--output", ground.path("my orders.zip"));
    let file = format!("'fileb://{}'", ground.path("my orders.zip").display());
    short
        .run()
        .expect_code(0)
        .expect_stdout("--function-name shop-v2 ")
        .expect_stdout("--handler orders.create ")
        .expect_stdout(&file)
        .expect_stdout("  ShopV2Function:\n");
}

#[test]
fn the_zip_is_named_after_the_plugin() {
    let Some(ground) = Ground::with_plugin("the name of the zip") else {
        return;
    };
    let script = format!(
        "cd '{}' && exec '{}' package --plugin liborders.so --bootstrap bootstrap",
        ground.path("").display(),
        env!("CARGO_BIN_EXE_shim")
    );
    let shell = shim_testkit::Program::at("/bin/sh".as_ref()).command();
    shell.word("-c").word(script).run().expect_code(0);
    assert!(ground.path("orders.zip").exists());
    let mode = ground.path("orders.zip").metadata().unwrap().permissions();
    assert_eq!(mode.mode() & 0o111, 0, "it is no program");
}

#[test]
fn a_real_plugin_and_the_real_bootstrap_are_packed() {
    let ground = Ground::new();
    let packed = shim()
        .command()
        .word("package")
        .arg("--plugin", plugin("example-plugin"))
        .arg("--output", ground.path("orders.zip"))
        .arg("--handler", "quote")
        .run();
    // The bootstrap beside the shim.
    packed
        .expect_code(0)
        .expect_stderr("libexample_plugin.so is a debug build")
        .expect_stdout("--handler example_plugin.quote ");
    let mut zip = ZipArchive::new(Cursor::new(ground.zip())).unwrap();
    for (name, source) in [
        ("bootstrap", BOOTSTRAP.into()),
        ("libexample_plugin.so", plugin("example-plugin")),
    ] {
        let mut bytes = Vec::new();
        let mut entry = zip.by_name(name).unwrap();
        entry.read_to_end(&mut bytes).unwrap();
        assert!(bytes == fs::read(source).unwrap(), "{name}");
    }
}

/// Runs a program that reads the zip; `None` if it is not there.
fn reader(program: &str, arguments: &[&str]) -> Option<String> {
    let Ok(output) = Command::new(program).args(arguments).output() else {
        skipped(&format!("reading a zip: no {program}"));
        return None;
    };
    assert!(output.status.success(), "{program}: {output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn unzip_and_python_agree() {
    let Some(ground) = with_assets("other readers of zips") else {
        return;
    };
    ground.package_after("", INCLUDES).expect_code(0);
    let path = ground.path("orders.zip");
    let path = path.to_str().unwrap();

    if let Some(listed) = reader("unzip", &["-ZU", path]) {
        for (name, mode, _) in CONTENTS.iter().filter(|(name, ..)| name.is_ascii()) {
            let line = listed
                .lines()
                .find(|line| line.ends_with(&format!(" {name}")));
            let line = line.unwrap_or_else(|| panic!("no {name}\n{listed}"));
            let mode = if *mode == 0o755 {
                "-rwxr-xr-x"
            } else {
                "-rw-r--r--"
            };
            assert!(line.starts_with(mode), "{line}");
            assert!(line.contains(" 80-Jan-01 00:00 "), "{line}");
        }
        let to = ground.path("unpacked");
        reader("unzip", &["-tq", path]);
        reader("unzip", &["-q", path, "-d", to.to_str().unwrap()]);
        for (name, mode, source) in CONTENTS {
            let unpacked = to.join(name);
            assert!(
                fs::read(&unpacked).unwrap() == fs::read(ground.path(source)).unwrap(),
                "{name}"
            );
            let modes = unpacked.metadata().unwrap().permissions().mode();
            assert_eq!(modes & 0o100, mode & 0o100, "{name}");
        }
    }
    const SCRIPT: &str = "import json, sys, zipfile
zip = zipfile.ZipFile(sys.argv[1])
assert zip.testzip() is None
print(json.dumps([[i.filename, i.external_attr >> 16, i.date_time, len(i.extra), i.file_size]
    for i in zip.infolist()]))";
    if let Some(listed) = reader("python3", &["-c", SCRIPT, path]) {
        let listed: Vec<Vec<Value>> = serde_json::from_str(&listed).unwrap();
        assert_eq!(listed.len(), CONTENTS.len());
        for (entry, (name, mode, source)) in listed.iter().zip(CONTENTS) {
            assert_eq!(entry[0], *name);
            assert_eq!(entry[1], 0o100_000 | mode, "{name}");
            assert_eq!(entry[2].to_string(), "[1980,1,1,0,0,0]", "{name}");
            assert_eq!(entry[3], 0, "{name}");
            let size = ground.path(source).metadata().unwrap().len();
            assert_eq!(entry[4], size, "{name}");
        }
    }
}
