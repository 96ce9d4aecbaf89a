//! When writing fails, nothing is left behind and the output stays as it was.

use std::fs;

use shim_testkit::{Finished, Program};

use super::{Ground, skipped};

const INTERNAL: i32 = 70;

/// More than one block of the file system.
fn with_noise(test: &str) -> Option<Ground> {
    let ground = Ground::with_plugin(test)?;
    let noise = fs::read(env!("CARGO_BIN_EXE_bootstrap")).unwrap();
    ground.put("noise", &noise[..1 << 20]);
    Some(ground)
}

#[test]
fn a_write_that_fails_leaves_the_output_as_it_was() {
    let Some(ground) = with_noise("a write that fails") else {
        return;
    };
    // No file may become longer than some blocks; the signal that says so is ignored.
    let limit = "trap '' XFSZ; ulimit -f 8";
    let failed = |ground: &Ground| -> Finished {
        let finished = ground.package_after(limit, "--include noise");
        finished
            .expect_code(INTERNAL)
            .expect_stderr("error: cannot write orders.zip: File too large");
        finished
    };
    let before = ground.names();
    failed(&ground);
    assert_eq!(ground.names(), before);

    ground.put("orders.zip", "as it was");
    let before = ground.names();
    failed(&ground);
    assert_eq!(ground.names(), before);
    assert_eq!(ground.zip(), b"as it was");
}

#[test]
fn a_full_disk_leaves_the_output_as_it_was() {
    let Some(ground) = with_noise("a full disk") else {
        return;
    };
    fs::create_dir(ground.path("disk")).unwrap();
    let shim = env!("CARGO_BIN_EXE_shim");
    // A small disk that nobody else sees.
    let script = format!(
        "cd '{}' && mount -t tmpfs -o size=64k none disk || exit 99\n\
         echo before > disk/orders.zip\n\
         '{shim}' package --plugin liborders.so --bootstrap bootstrap --include noise \
         --output disk/orders.zip; code=$?\n\
         ls -A disk; cat disk/orders.zip; exit $code",
        ground.path("").display()
    );
    let unshare = Program::at("/usr/bin/unshare".as_ref());
    if !std::path::Path::new("/usr/bin/unshare").exists() {
        skipped("a full disk: no unshare");
        return;
    }
    let shell = unshare.command().words(["-rm", "/bin/sh", "-c"]);
    let finished = shell.word(script).run();
    if finished.code() != INTERNAL && !finished.stderr().contains("cannot write") {
        skipped(&format!("a full disk: {}", finished.stderr()));
        return;
    }
    finished
        .expect_code(INTERNAL)
        .expect_stderr("error: cannot write disk/orders.zip: No space left on device");
    assert_eq!(finished.stdout(), "orders.zip\nbefore\n");
}

#[test]
fn a_refusal_leaves_the_output_as_it_was() {
    let Some(ground) = Ground::with_plugin("a refusal") else {
        return;
    };
    ground.put("orders.zip", "as it was");
    let before = ground.names();
    ground.package_after("", "--handler nobody").expect_code(65);
    ground
        .package_after("", "--include nothing")
        .expect_code(65);
    assert_eq!(ground.names(), before);
    assert_eq!(ground.zip(), b"as it was");
    ground.package_after("", "").expect_code(0);
    assert_eq!(ground.names(), before);
    assert!(ground.zip().starts_with(b"PK"));
}
