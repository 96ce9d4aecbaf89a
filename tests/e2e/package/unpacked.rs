//! The zip where Lambda unpacks it.

use std::path::Path;

use shim_testkit::runtime_api::Lambda;
use shim_testkit::{Program, plugin};

use super::{Ground, skipped};

/// A folder with all that a shell could stumble over.
const FOLDER: &str = "task root, 'of' \"mine\"";

#[test]
fn unpacked_under_a_path_with_spaces_it_runs_with_lambdas_environment_alone() {
    let ground = Ground::new();
    let zip = ground.path("orders.zip");
    let packed = crate::shim()
        .command()
        .word("package")
        .arg("--plugin", plugin("example-plugin"))
        .arg("--output", &zip)
        .run();
    packed.expect_code(0);
    // As it lies in the working directory.
    let bootstrap = Program::at(Path::new("./bootstrap"));
    let lambda = Lambda::in_folder(&bootstrap, FOLDER);
    let unzip = std::process::Command::new("unzip")
        .arg("-q")
        .arg(&zip)
        .arg("-d")
        .arg(lambda.root())
        .output();
    let Ok(unzipped) = unzip else {
        return skipped("the unpacked zip: no unzip");
    };
    assert!(unzipped.status.success(), "{unzipped:?}");
    let function = lambda.handler("example_plugin.quote").start();
    let quote = function.invoke(r#"{"items":{"coffee":2}}"#).json();
    assert!(quote["total"].is_number(), "{quote:#}");
}
