//! What is refused, and that nothing is left behind.

use std::fs;

use super::{Ground, LIBRARY, machines, skipped};

const USAGE: i32 = 64;
const DATA: i32 = 65;
const INTERNAL: i32 = 70;

/// Runs what has to be refused, in the ground's folder: the exit code, and what is said. Nothing is
/// written.
#[track_caller]
fn refuses(ground: &Ground, words: &str, code: i32, message: &str, hint: &str) {
    let before = ground.names();
    let finished = ground.image_after("", words);
    let folder = ground.path("").display().to_string();
    let said = finished.stderr().replace(&folder, "");
    let hint = match hint {
        "" => String::new(),
        hint => format!("  hint: {hint}\n"),
    };
    assert_eq!(said, format!("error: {message}\n{hint}"));
    finished.expect_code(code);
    assert!(finished.stdout().is_empty(), "{}", finished.stdout());
    assert_eq!(ground.names(), before);
}

#[test]
fn what_would_not_serve_is_refused() {
    let Some(ground) = Ground::with_plugin("what would not serve") else {
        return;
    };
    let nobody = ground.image_after("", "--handler nobody");
    nobody.expect_code(DATA).expect_stderr("`--handler cancel`");
    let several = ground.image_after("", "");
    several.expect_code(DATA).expect_stderr("cancel, create");
    let [(here, _), (other, go)] = machines();
    refuses(
        &ground,
        &format!("--handler create --arch {other}"),
        USAGE,
        &format!("the image would be for {other}, this system is {here}: its libraries are packed"),
        &format!(
            "run the same command on {other}, or in a container of that platform: `docker run \
             --platform linux/{go} …`"
        ),
    );
    let fits = format!("--handler create --arch {here}");
    ground.image_after("", &fits).expect_code(0);
}

#[test]
fn what_is_not_the_shim_is_refused() {
    let Some(ground) = Ground::with_plugin("other programs") else {
        return;
    };
    let leave_out = "leave --shim out to pack this very program, or build it: `cargo build \
                     --release --bin shim -p shim`";
    let without = |words: &str| format!("--handler create {words}");
    let mark = super::program("1.0.0");
    for (flags, source, found) in [
        (
            &[][..],
            "int main(void) { return 0; }",
            "it is a program that loads no plugins",
        ),
        (
            &["-static", "-nostdlib", "-Wl,-e,main"],
            &mark,
            "it is linked statically, and could not load a plugin",
        ),
        (LIBRARY, &mark, "it is a library, not a program"),
    ] {
        fs::remove_file(ground.path("shim")).unwrap();
        ground.cc(flags, "shim", source);
        refuses(
            &ground,
            &without(""),
            DATA,
            &format!("shim is not shim: {found}"),
            leave_out,
        );
    }
    ground.cc(&[], "shim", &super::program("2.0.0"));
    let abi = ground.image_after("", &without(""));
    abi.expect_code(DATA)
        .expect_stderr("speaks plugin ABI 2.0.0")
        .expect_stderr("against 1.0.0");
    ground.put("shim", "#!/bin/sh\n");
    let script = ground.image_after("", &without(""));
    script
        .expect_code(DATA)
        .expect_stderr("the shim cannot be used")
        .expect_stderr("--shim");
}

#[test]
fn names_and_certificates_are_checked() {
    let Some(ground) = Ground::with_plugin("names and certificates") else {
        return;
    };
    refuses(
        &ground,
        "--handler create --tag Orders",
        USAGE,
        "`Orders` is no name of an image: its parts consist of lower case letters and digits, with \
         single `.`, `_`, `__` or `-` between them",
        "such as `orders`, `orders:1.2` or `registry.example.com:5000/team/orders:1.2`",
    );
    for words in [
        "--env A",
        "--env =1",
        "--label x",
        "--format yaml",
        "--arch mips",
    ] {
        let finished = ground.image_after("", &format!("--handler create {words}"));
        finished.expect_code(USAGE);
    }
    ground.put("ca.pem", "no certificate");
    refuses(
        &ground,
        "--handler create",
        DATA,
        "ca.pem has no certificates: no line is `-----BEGIN CERTIFICATE-----`",
        "name a bundle in PEM: `--ca /etc/ssl/certs/ca-certificates.crt`",
    );
    fs::remove_file(ground.path("ca.pem")).unwrap();
    let missing = ground.image_after("", "--handler create");
    missing
        .expect_code(DATA)
        .expect_stderr("ca.pem cannot be read");
}

#[test]
fn the_output_is_none_of_what_is_packed() {
    let Some(ground) = Ground::with_plugin("the output of an image") else {
        return;
    };
    for source in ["liborders.so", "shim", "ca.pem"] {
        let bytes = fs::read(ground.path(source)).unwrap();
        fs::remove_file(ground.path("orders.tar")).unwrap_or_default();
        fs::hard_link(ground.path(source), ground.path("orders.tar")).unwrap();
        let refused = ground.image_after("", "--handler create");
        refused
            .expect_code(USAGE)
            .expect_stderr("is among the files to pack");
        assert!(ground.tar() == bytes);
    }
    fs::remove_file(ground.path("orders.tar")).unwrap();
    fs::create_dir(ground.path("orders.tar")).unwrap();
    let refused = ground.image_after("", "--handler create");
    refused
        .expect_code(USAGE)
        .expect_stderr("it is a directory");
}

#[test]
fn a_write_that_fails_leaves_the_output_as_it_was() {
    let Some(ground) = Ground::with_plugin("an image that cannot be written") else {
        return;
    };
    // No file may become longer than some blocks; the signal that says so is ignored.
    let limit = "trap '' XFSZ; ulimit -f 8";
    for there in [None, Some("as it was")] {
        if let Some(there) = there {
            ground.put("orders.tar", there);
        }
        let before = ground.names();
        let failed = ground.image_after(limit, "--handler create");
        failed
            .expect_code(INTERNAL)
            .expect_stderr("error: cannot write orders.tar: File too large");
        assert_eq!(ground.names(), before);
    }
    assert_eq!(ground.tar(), b"as it was");
}

#[test]
fn a_system_without_certificates_is_warned_of() {
    let Some(ground) = Ground::with_plugin("no certificates") else {
        return;
    };
    // A system that nobody else sees.
    let script = format!(
        "cd '{}' && mount -t tmpfs none /etc/ssl || exit 99\n\
         exec '{}' image --plugin liborders.so --handler create --shim shim --output orders.tar",
        ground.path("").display(),
        env!("CARGO_BIN_EXE_shim")
    );
    let unshare = shim_testkit::Program::at("/usr/bin/unshare".as_ref());
    if !std::path::Path::new("/usr/bin/unshare").exists() {
        return skipped("no certificates: no unshare");
    }
    let shell = unshare.command().words(["-rm", "/bin/sh", "-c"]);
    let finished = shell.word(script).run();
    if finished.code() != 0 && !finished.stderr().contains("certificates") {
        return skipped(&format!("no certificates: {}", finished.stderr()));
    }
    finished
        .expect_code(0)
        .expect_stderr("warning: /etc/ssl/certs/ca-certificates.crt is not on this system")
        .expect_stderr("--ca");
    let config = ground.opened().config();
    assert!(
        !config["config"]["Env"]
            .to_string()
            .contains("SSL_CERT_FILE")
    );
}
