//! The real `cargo zigbuild`, where it is installed.

use std::path::Path;

use shim_testkit::Value;

use super::{Ground, quiet, run, said};

#[test]
fn with_zigbuild_a_plugin_needs_no_newer_glibc_than_the_system_has() {
    let version = quiet(Path::new("cargo-zigbuild")).arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        crate::folder::skipped("a build for provided.al2023: no cargo-zigbuild");
        return;
    }
    let ground = Ground::new();
    ground.make("hello", &[]);
    let words = [
        "hello",
        "--dev",
        "--target-os",
        "al2023",
        "--output",
        "json",
    ];
    let built = run(&mut ground.shim("build", &words));
    assert!(built.status.success(), "{}", said(&built));
    let report: Value = serde_json::from_slice(&built.stdout).unwrap();
    let plugin = &report["plugins"][0];
    let glibc = plugin["glibc"].as_str().unwrap();
    let minor = glibc.strip_prefix("2.").unwrap().parse::<u32>().unwrap();
    assert!(minor <= 34, "{report:#}");
    let file = ground.path(plugin["file"].as_str().unwrap());
    assert!(
        file.display().to_string().contains("-unknown-linux-gnu/"),
        "{report:#}"
    );

    // What it was linked with by another linker works as ever.
    let shim = crate::shim().serve(&file).start();
    let event = r#"{"name":"you"}"#;
    shim.post("/", event).expect_status(200);
    let zip = ground.path("hello.zip");
    let package = crate::shim().command().word("package");
    let package = package.arg("--plugin", &file).arg("--output", &zip);
    package.run().expect_code(0);
    assert!(zip.exists());
}
