//! Files, names and outputs that are refused.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;

use shim_testkit::Command;

use super::Ground;

const USAGE: i32 = 64;
const DATA: i32 = 65;
const NAME: &str = "leave one out, or rename it: `--include NAME=PATH`";

fn include(ground: &Ground, path: &str) -> Command {
    ground.package().arg("--include", ground.path(path))
}

#[test]
fn links_pipes_and_what_is_not_there() {
    let Some(ground) = Ground::with_plugin("links and pipes") else {
        return;
    };
    ground.put("assets/a", "a");
    symlink("a", ground.path("assets/link")).unwrap();
    let hint = "include a copy without links: `cp -rL /dir/assets/link /dir/assets/link.copy`";
    let message = "/dir/assets/link is a symbolic link, which is not packed";
    ground.refuses(include(&ground, "assets"), DATA, message, hint);
    ground.refuses(include(&ground, "assets/link"), DATA, message, hint);
    fs::remove_file(ground.path("assets/link")).unwrap();
    symlink("assets", ground.path("linked")).unwrap();
    let hint = "include a copy without links: `cp -rL /dir/linked /dir/linked.copy`";
    let message = "/dir/linked is a symbolic link, which is not packed";
    ground.refuses(include(&ground, "linked/"), DATA, message, hint);

    let _socket = UnixListener::bind(ground.path("assets/socket")).unwrap();
    let message = "/dir/assets/socket is a socket, not a file or a directory";
    ground.refuses(include(&ground, "assets"), DATA, message, "");
    let device = ground.package().arg("--include", "/dev/null");
    let message = "/dev/null is a device, not a file or a directory";
    ground.refuses(device, DATA, message, "");

    let message = "/dir/missing does not exist (--include)";
    ground.refuses(include(&ground, "missing"), DATA, message, "");
    let message = "/dir/a=b does not exist (--include)";
    let hint = "`--include NAME=PATH` packs PATH under NAME; a path with a `=` needs a NAME too";
    let both = ground.package().arg("--include", ground.named("x", "a=b"));
    ground.refuses(both, DATA, message, hint);
}

#[test]
fn what_cannot_be_read() {
    let Some(ground) = Ground::with_plugin("unreadable files") else {
        return;
    };
    let secret = ground.put("assets/secret", "a");
    fs::set_permissions(&secret, Permissions::from_mode(0o000)).unwrap();
    // Root may read it all the same.
    if File::open(&secret).is_err() {
        let message = "/dir/assets/secret cannot be read: Permission denied (os error 13)";
        ground.refuses(include(&ground, "assets"), DATA, message, "");
    }
    let unnamed = OsStr::from_bytes(b"\xff.txt");
    fs::write(ground.path("assets").join(unnamed), "a").unwrap();
    let finished = include(&ground, "assets").run();
    finished
        .expect_code(DATA)
        .expect_stderr("cannot be packed as \"\u{fffd}.txt\": it is not UTF-8");
}

#[test]
fn names_that_lead_out_of_the_package() {
    let Some(ground) = Ground::with_plugin("names outside") else {
        return;
    };
    ground.put("a", "a");
    let hint = "a name in the package is a relative path without `..`: `--include NAME=PATH`";
    for (name, reason) in [
        ("../a", "it leads out of the package"),
        ("x/../../a", "it leads out of the package"),
        ("/etc/a", "it is absolute"),
    ] {
        let message = format!("/dir/a cannot be packed as {name:?}: {reason}");
        let command = ground.package().arg("--include", ground.named(name, "a"));
        ground.refuses(command, DATA, &message, hint);
    }
    let command = ground.package().arg("--include", "..");
    let message = ".. has no name of its own to be packed under";
    ground.refuses(
        command,
        USAGE,
        message,
        "give it a name: `--include NAME=..`",
    );
}

#[test]
fn two_files_of_one_name() {
    let Some(ground) = Ground::with_plugin("two files of one name") else {
        return;
    };
    ground.put("other/bootstrap", "a");
    let message =
        "/dir/bootstrap and /dir/other/bootstrap would both be `bootstrap` in the package";
    ground.refuses(include(&ground, "other/bootstrap"), DATA, message, NAME);
    let command =
        include(&ground, "other").arg("--include", ground.named("other/bootstrap", "bootstrap"));
    let message =
        "/dir/bootstrap and /dir/other/bootstrap would both be `other/bootstrap` in the package";
    ground.refuses(command, DATA, message, NAME);
    let command = include(&ground, "other").arg("--include", ground.named("other", "bootstrap"));
    let message = "/dir/bootstrap and /dir/other/bootstrap would both be `other` in the package";
    ground.refuses(command, DATA, message, NAME);
    // Bootstrap looks for orders.so first.
    let command = ground
        .package()
        .arg("--include", ground.named("orders.so", "bootstrap"));
    let message = "bootstrap would not find /dir/liborders.so: /dir/bootstrap would be `orders.so`, \
                   which is looked for first";
    ground.refuses(command, DATA, message, NAME);
}

#[test]
fn outputs_that_cannot_be_written_to() {
    let Some(ground) = Ground::with_plugin("bad outputs") else {
        return;
    };
    let to = |output: &str| {
        let command = crate::shim().command().word("package");
        command
            .arg("--plugin", ground.path("liborders.so"))
            .arg("--bootstrap", ground.path("bootstrap"))
            .arg("--output", ground.path(output))
    };
    fs::create_dir_all(ground.path("folder")).unwrap();
    symlink("liborders.so", ground.path("link.zip")).unwrap();
    let refused = |output, reason: &str| {
        let message = format!("/dir/{output} cannot be the output: {reason}");
        ground.refuses(to(output), USAGE, &message, "");
    };
    refused("folder", "it is a directory");
    refused("link.zip", "it is there, and no plain file");
    refused(
        "missing/x.zip",
        "its directory: No such file or directory (os error 2)",
    );
    let device = crate::shim()
        .command()
        .word("package")
        .arg("--plugin", ground.path("liborders.so"))
        .arg("--bootstrap", ground.path("bootstrap"))
        .arg("--output", "/dev/full");
    let message = "/dev/full cannot be the output: it is there, and no plain file";
    ground.refuses(device, USAGE, message, "");
    let message = "the output /dir/liborders.so is among the files to pack: /dir/liborders.so";
    let hint = "choose another place with --output";
    ground.refuses(to("liborders.so"), USAGE, message, hint);
    // The next run would pack it.
    let command = to("folder/x.zip").arg("--include", ground.path("folder"));
    let message = "the output /dir/folder/x.zip is among the files to pack: /dir/folder";
    ground.refuses(command, USAGE, message, hint);
}

#[test]
fn more_bytes_than_lambda_unpacks() {
    let Some(ground) = Ground::with_plugin("too many bytes") else {
        return;
    };
    let path = ground.put("large.bin", "");
    let file = File::options().write(true).open(path).unwrap();
    // A hole: it takes no room.
    file.set_len(250 << 20).unwrap();
    let finished = include(&ground, "large.bin").run();
    finished
        .expect_code(DATA)
        .expect_stderr("bytes unpacked, Lambda's limit is 262144000; the largest: ")
        .expect_stderr("the largest: `large.bin` with 262144000 bytes\n  hint: ");
    assert!(!ground.path("orders.zip").exists());
}

#[test]
fn a_zip_that_is_too_large_for_a_request_goes_through_s3() {
    let Some(ground) = Ground::with_plugin("a large zip") else {
        return;
    };
    // Nothing that deflate makes smaller (xorshift).
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut noise = Vec::with_capacity(51 << 20);
    while noise.len() < 51 << 20 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend(state.to_ne_bytes());
    }
    ground.put("noise.bin", noise);
    let finished = include(&ground, "noise.bin").run();
    finished
        .expect_code(0)
        .expect_stderr("warning: ")
        .expect_stderr("Lambda takes 52428800 in a request: upload it to S3 first")
        .expect_stdout("orders.zip s3://BUCKET/orders.zip\n")
        .expect_stdout("--code S3Bucket=BUCKET,S3Key=orders.zip\n")
        .expect_stdout("--s3-bucket BUCKET --s3-key orders.zip\n");
}
