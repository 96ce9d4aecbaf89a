//! Libraries that plugins are linked with.

use std::fs;

use super::{Ground, LIBRARY, foreign, machines, plugin};

const DATA: i32 = 65;

#[test]
fn libraries_that_are_not_there() {
    let Some(ground) = Ground::with_plugin("missing libraries") else {
        return;
    };
    ground.cc(LIBRARY, "libdep.so.1", "int dep;");
    let needs_dep = ["-L.", "-Wl,--no-as-needed", "-l:libdep.so.1"];
    ground.cc(&[LIBRARY, &needs_dep].concat(), "liborders.so", &plugin(""));
    let message = "/dir/liborders.so needs libdep.so.1, not in Amazon Linux 2023 and not in the \
                   package";
    let hint = "link it statically, or pack it: `--include lib/libdep.so.1=PATH`; if a layer has \
                it: `--layer-library libdep.so.1`";
    ground.refuses(ground.package(), DATA, message, hint);
    // Not where the dynamic linker looks.
    let aside = || {
        let name = ground.named("native/libdep.so.1", "libdep.so.1");
        ground.package().arg("--include", name)
    };
    ground.refuses(aside(), DATA, message, hint);
    let packed = |name: &str, file: &str| {
        let include = ground.named(name, file);
        ground.package().arg("--include", include)
    };
    // A file of the name is not enough.
    ground.put("empty", "");
    ground.refuses(packed("lib/libdep.so.1", "empty"), DATA, message, hint);
    foreign(&ground, "libdep.so.1", "foreign.so");
    let [_, (theirs, ..)] = machines();
    packed("lib/libdep.so.1", "foreign.so")
        .run()
        .expect_code(DATA)
        .expect_stderr(&format!(
            "foreign.so is built for {theirs}, the package is for "
        ));

    for name in ["lib/libdep.so.1", "libdep.so.1"] {
        packed(name, "libdep.so.1").run().expect_code(0);
    }
    let layer = ground.package().arg("--layer-library", "libdep.so.1");
    layer.run().expect_code(0);
    let run_path = [&needs_dep[..], &["-Wl,-rpath,/nowhere:$ORIGIN/native"]].concat();
    ground.cc(&[LIBRARY, &run_path].concat(), "liborders.so", &plugin(""));
    aside().run().expect_code(0);
    fs::remove_file(ground.path("orders.zip")).unwrap();

    // A library of the library.
    ground.cc(LIBRARY, "libdeep.so.1", "int deep;");
    let needs_deep = ["-L.", "-Wl,--no-as-needed", "-l:libdeep.so.1"];
    ground.cc(&[LIBRARY, &needs_deep].concat(), "libdep.so.1", "int dep;");
    let message = "/dir/libdep.so.1 needs libdeep.so.1, not in Amazon Linux 2023 and not in the \
                   package";
    let hint = hint.replace("libdep", "libdeep");
    ground.refuses(aside(), DATA, message, &hint);
}

#[test]
fn a_library_that_is_there_by_chance_is_told() {
    let Some(ground) = Ground::with_plugin("libraries of the system's tools") else {
        return;
    };
    ground.cc(
        &[LIBRARY, &["-Wl,-soname,libcurl.so.4"]].concat(),
        "libcurl.so",
        "int curl;",
    );
    let linked = [LIBRARY, &["-L.", "-Wl,--no-as-needed", "-lcurl"]].concat();
    ground.cc(&linked, "liborders.so", &plugin(""));
    let finished = ground.package().run();
    finished
        .expect_code(0)
        .expect_stderr("liborders.so needs libcurl.so.4, which provided.al2023 has for tools");
}
