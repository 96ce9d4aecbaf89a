//! Plugins, bootstraps and libraries that would not run.

use std::fs;

use shim_testkit::Command;

use super::{Ground, LIBRARY, PROGRAM, bootstrap, machines, plugin};

const USAGE: i32 = 64;
const DATA: i32 = 65;
const BUILD: &str = "cargo build --profile lambda --bin bootstrap -p shim";

/// A copy of a file for the other machine.
fn foreign(ground: &Ground, name: &str, copy: &str) {
    let mut bytes = fs::read(ground.path(name)).unwrap();
    bytes[18] = machines()[1].2;
    ground.put(copy, bytes);
}

/// With another bootstrap.
fn starts(ground: &Ground, bootstrap: &str) -> Command {
    crate::shim()
        .command()
        .word("package")
        .arg("--plugin", ground.path("liborders.so"))
        .arg("--bootstrap", ground.path(bootstrap))
        .arg("--output", ground.path("orders.zip"))
}

/// With another plugin.
fn packs(ground: &Ground, plugin: &str) -> Command {
    crate::shim()
        .command()
        .word("package")
        .arg("--plugin", ground.path(plugin))
        .arg("--bootstrap", ground.path("bootstrap"))
        .arg("--output", ground.path("orders.zip"))
}

#[test]
fn plugins_that_are_none() {
    let Some(ground) = Ground::with_plugin("plugins that are none") else {
        return;
    };
    ground.put("text.so", "not a plugin\n");
    ground.cc(LIBRARY, "other.so", "int x;");
    fs::copy(ground.path("liborders.so"), ground.path("orders.dll")).unwrap();
    fs::copy(ground.path("liborders.so"), ground.path("my orders.so")).unwrap();
    let refused = |name: &str, message: &str| {
        packs(&ground, name)
            .run()
            .expect_code(DATA)
            .expect_stderr(message);
    };
    refused("missing.so", "missing.so does not exist\n");
    refused(
        "text.so",
        "is not an ELF shared object (it looks like text)",
    );
    refused(
        "other.so",
        "is a shared object but no plugin: it has no `.shim.info` section",
    );
    refused(
        "orders.dll",
        "cannot be the file of a function: its name does not end with `.so`",
    );
    refused(
        "my orders.so",
        "cannot be the file of a function: its name has white space",
    );
    let handler = ground.package().handler("nobody");
    let message = "/dir/liborders.so has no handler named `nobody`; it has: cancel, create";
    ground.refuses(
        handler,
        DATA,
        message,
        "name one of them: `--handler cancel`",
    );
    let none = crate::shim().command().word("package").run();
    none.expect_code(USAGE).expect_stderr("--plugin");
}

#[test]
fn bootstraps_that_are_none() {
    let Some(ground) = Ground::with_plugin("bootstraps that are none") else {
        return;
    };
    let hint = format!("build it with `{BUILD}`");
    let missing = format!("{hint} and name it: `--bootstrap target/lambda/bootstrap`");
    let message = "there is no bootstrap: /dir/missing does not exist";
    ground.refuses(starts(&ground, "missing"), DATA, message, &missing);
    ground.put("script", "#!/bin/sh\n");
    let message = "the bootstrap cannot be used: /dir/script is not an ELF shared object (it looks \
                   like a script)";
    ground.refuses(starts(&ground, "script"), DATA, message, &hint);
    let ours = |file: &str, found: &str| {
        let message = format!("/dir/{file} is not shim's bootstrap: {found}");
        ground.refuses(starts(&ground, file), DATA, &message, &hint);
    };
    ours("liborders.so", "it is a library, not a program");
    ground.cc(PROGRAM, "other", "void begin(void) { for (;;); }");
    ours("other", "it is a program that loads no plugins");
    ground.cc(
        &["-static", "-nostdlib", "-Wl,-e,begin"],
        "static",
        &bootstrap("1.0.0"),
    );
    ours(
        "static",
        "it is linked statically, and could not load a plugin",
    );
    ground.cc(PROGRAM, "newer", &bootstrap("2.0.0"));
    let finished = starts(&ground, "newer").run();
    finished
        .expect_code(DATA)
        .expect_stderr("newer speaks plugin ABI 2.0.0, the plugin was built against 1.0.0\n");
}

#[test]
fn files_of_another_machine() {
    let Some(ground) = Ground::with_plugin("files of another machine") else {
        return;
    };
    let [(ours, our_arch, _), (theirs, their_arch, _)] = machines();
    foreign(&ground, "liborders.so", "foreign/liborders.so");
    foreign(&ground, "bootstrap", "foreign/bootstrap");

    // The plugin says for which machine the package is.
    let target = format!("{theirs}-unknown-linux-gnu");
    let message = format!(
        "/dir/bootstrap is built for {ours}, the package is for {their_arch} (as the plugin is)"
    );
    let hint = format!(
        "build it with `{BUILD} --target {target}` and name it: \
         `--bootstrap target/{target}/lambda/bootstrap`"
    );
    ground.refuses(
        packs(&ground, "foreign/liborders.so"),
        DATA,
        &message,
        &hint,
    );
    let message =
        format!("/dir/liborders.so is built for {ours}, the package is for {their_arch} (--arch)");
    let hint = format!("build it with `cargo build --release --lib --target {target}`");
    let command = ground.package().arg("--arch", their_arch);
    ground.refuses(command, DATA, &message, &hint);
    let message = format!(
        "/dir/foreign/bootstrap is built for {theirs}, the package is for {our_arch} (as the \
         plugin is)"
    );
    let target = format!("{ours}-unknown-linux-gnu");
    let hint = format!(
        "build it with `{BUILD} --target {target}` and name it: \
         `--bootstrap target/{target}/lambda/bootstrap`"
    );
    ground.refuses(starts(&ground, "foreign/bootstrap"), DATA, &message, &hint);

    // Both for the other machine: nothing of it is run, so it can be packed here.
    let packed = crate::shim()
        .command()
        .word("package")
        .arg("--plugin", ground.path("foreign/liborders.so"))
        .arg("--bootstrap", ground.path("foreign/bootstrap"))
        .arg("--output", ground.path("foreign/orders.zip"));
    let packed = packed.run();
    packed
        .expect_code(0)
        .expect_stdout(&format!("--architectures {their_arch} "));

    let mut riscv = fs::read(ground.path("liborders.so")).unwrap();
    riscv[18] = 243;
    ground.put("riscv/liborders.so", riscv);
    let command = packs(&ground, "riscv/liborders.so");
    let message = "/dir/riscv/liborders.so is built for riscv64, which Lambda does not have";
    let hint = "build it with `cargo build --release --lib --target x86_64-unknown-linux-gnu`";
    ground.refuses(command, DATA, message, hint);
}

/// Makes a libc that has `flying_car` since 9.99 and `steam_car` since 2.30, to link with.
fn libc_of_the_future(ground: &Ground) {
    let versions = "GLIBC_2.30 { global: steam_car; }; GLIBC_9.99 { global: flying_car; };";
    ground.put("future.map", versions);
    let flags = [
        LIBRARY,
        &["-Wl,-soname,libc.so.6", "-Wl,--version-script,future.map"],
    ];
    let source = "int flying_car(void) { return 1; } int steam_car(void) { return 1; }";
    ground.cc(&flags.concat(), "libfuture.so", source);
}

#[test]
fn what_needs_a_newer_glibc() {
    let Some(ground) = Ground::with_plugin("a newer glibc") else {
        return;
    };
    libc_of_the_future(&ground);
    let linked = |kind: &[&str], name: &str, source: &str| {
        let flags = [kind, &["-L.", "-Wl,--no-as-needed", "-lfuture"]];
        ground.cc(&flags.concat(), name, source);
    };
    let flying = "int flying_car(void); int fly(void) { return flying_car(); }";
    let steam = "int steam_car(void); int roll(void) { return steam_car(); }";
    let arch = machines()[0].0;
    let hint = |what: &str, glibc: &str| {
        format!(
            "build it with `cargo zigbuild {what} --target \
             {arch}-unknown-linux-gnu.{glibc}`"
        )
    };

    linked(LIBRARY, "liborders.so", &plugin(flying));
    let message = "/dir/liborders.so needs a newer glibc than Amazon Linux 2023 has (2.34): \
                   GLIBC_9.99 (for `flying_car`)";
    ground.refuses(
        ground.package(),
        DATA,
        message,
        &hint("--release --lib", "2.34"),
    );

    // Old enough for one system, and not for the other.
    linked(LIBRARY, "liborders.so", &plugin(steam));
    let al2 = || ground.package().arg("--target-os", "al2");
    let message = "/dir/liborders.so needs a newer glibc than Amazon Linux 2 has (2.26): \
                   GLIBC_2.30 (for `steam_car`)";
    ground.refuses(al2(), DATA, message, &hint("--release --lib", "2.26"));
    ground.package().run().expect_code(0);
    fs::remove_file(ground.path("orders.zip")).unwrap();

    ground.cc(LIBRARY, "liborders.so", &plugin(""));
    linked(
        PROGRAM,
        "bootstrap",
        &format!("{}{steam}", bootstrap("1.0.0")),
    );
    let message = "/dir/bootstrap needs a newer glibc than Amazon Linux 2 has (2.26): \
                   GLIBC_2.30 (for `steam_car`)";
    let build = "--profile lambda --bin bootstrap -p shim";
    ground.refuses(al2(), DATA, message, &hint(build, "2.26"));

    ground.cc(PROGRAM, "bootstrap", &bootstrap("1.0.0"));
    let finished = al2().run();
    finished
        .expect_code(0)
        .expect_stderr("warning: provided.al2 is deprecated")
        .expect_stdout("--runtime provided.al2 ");
}

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
    let [(.., _), (theirs, ..)] = machines();
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

#[test]
fn what_could_be_stripped_is_told() {
    let Some(ground) = Ground::with_plugin("stripping") else {
        return;
    };
    let told = || ground.package().run().expect_code(0).stderr();
    let path = ground.path("liborders.so");
    let found = told();
    let names = format!(
        "warning: {} is not stripped: its symbol table has ",
        path.display()
    );
    assert!(found.starts_with(&names), "{found}");
    assert!(
        found.contains(&format!("`strip {}`", path.display())),
        "{found}"
    );
    ground.cc(&[LIBRARY, &["-g"]].concat(), "liborders.so", &plugin(""));
    let found = told();
    assert!(
        found.contains("liborders.so has debug information, "),
        "{found}"
    );
    ground.cc(&[LIBRARY, &["-s"]].concat(), "liborders.so", &plugin(""));
    assert_eq!(told(), "");
    // As cargo names its directories.
    for folder in ["target/debug", "target/debug/deps", "target/release"] {
        let copy = ground.put(&format!("{folder}/liborders.so"), fs::read(&path).unwrap());
        let command = packs(&ground, &format!("{folder}/liborders.so"));
        let found = command.run().expect_code(0).stderr();
        let expected = match folder {
            "target/release" => String::new(),
            _ => format!(
                "warning: {} is a debug build, large and slow; build it with `--release`\n",
                copy.display()
            ),
        };
        assert_eq!(found, expected);
    }
}
