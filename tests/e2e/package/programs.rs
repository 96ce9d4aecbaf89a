//! Plugins and bootstraps that would not run.

use std::fs;

use shim_testkit::Command;

use super::{Ground, LIBRARY, PROGRAM, bootstrap, foreign, machines, plugin};

const USAGE: i32 = 64;
const DATA: i32 = 65;
const BUILD: &str = "cargo build --profile lambda --bin bootstrap -p shim";

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
