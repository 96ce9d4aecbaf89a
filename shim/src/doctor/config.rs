//! `shim.toml`, and the plugins that it names.

use std::fs;
use std::path::{Path, PathBuf};

use super::finding::{Finding, Verdict};
use super::here::Here;
use crate::auth::Credentials;
use crate::config::{self, Given, KeysFrom, Origin, Plan, Problem};
use crate::plugin::LoadError;
use crate::plugin::preflight;

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let named = here
        .variables
        .get("SHIM_CONFIG")
        .map(|path| here.path(path));
    let path = here.path("shim.toml");
    let path = match named {
        Some(named) => named,
        None if path.exists() => path,
        None => return vec![Finding::ok("there is no shim.toml in this folder")],
    };
    let crates = here.path("Cargo.toml").is_file();
    let mut findings = match plan(here, &path) {
        Ok(plan) => of_plan(&plan, here, crates),
        Err(problems) => {
            let problems = problems.iter();
            let findings = problems.map(|problem| wrong(problem, &path, crates));
            findings.collect()
        }
    };
    if findings.is_empty() {
        findings.push(Finding::ok(format!("{} can be served", path.display())));
    }
    findings
}

/// What the file asks for, together with the variables. What is wrong with those is told by another
/// check; the file then is looked at without them.
fn plan(here: &Here, path: &Path) -> Result<Plan, Vec<Problem>> {
    let resolve = |variables: bool| {
        let mut given = Given::default();
        if variables {
            given.variables(&here.variables);
        }
        given.file(path);
        config::resolve(given, &here.variables).map_err(|errors| errors.0)
    };
    match resolve(true) {
        Err(problems) if problems.iter().any(|one| one.origin == Origin::Variable) => {
            resolve(false)
        }
        resolved => resolved,
    }
}

fn wrong(problem: &Problem, path: &Path, crates: bool) -> Finding {
    let Problem { message, hint, .. } = problem;
    // `shim dev` knows the plugins of crates by itself.
    if crates && message.starts_with("function.") && message.ends_with("has no plugin") {
        return Finding::warn(
            format!("{message}: `shim dev` serves it, `shim serve` does not"),
            hint.clone().unwrap_or_default(),
        );
    }
    if message == "no plugin given" {
        return Finding::warn(
            format!("{} names no plugin", path.display()),
            "name it there: `[function.hello] plugin = \"target/release/libhello.so\"`; or as a \
             flag: `shim --config shim.toml --plugin FILE.so`",
        );
    }
    let hint = hint.clone();
    let hint = hint.or_else(|| Some(format!("correct it in {}", path.display())));
    Finding::new(Verdict::Fail, without_excerpt(message), hint)
}

/// The message of a TOML error in one line: without the excerpt of the file, which has a bar in
/// each of its lines.
fn without_excerpt(message: &str) -> String {
    let lines = message.lines().map(str::trim);
    let lines = lines.filter(|line| {
        let rest = line.trim_start_matches(|char: char| char.is_ascii_digit());
        !rest.trim_start().starts_with('|')
    });
    lines.collect::<Vec<_>>().join(": ")
}

fn of_plan(plan: &Plan, here: &Here, crates: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for spec in &plan.serve.functions {
        let handler = spec.plugin.handler.as_deref();
        let path = here.path(&spec.plugin.path);
        if let Err(error) = usable(&path, Some(handler)) {
            findings.push(refused(&error, crates));
        }
    }
    for folder in &plan.serve.folders {
        match plugins(&here.path(folder)) {
            Ok(plugins) => {
                let errors = plugins.iter().filter_map(|path| usable(path, None).err());
                findings.extend(errors.map(|error| refused(&error, crates)));
            }
            Err(message) => findings.push(Finding::fail(
                message,
                "put plugins (`lib*.so`) there, or take plugin_dir out of shim.toml",
            )),
        }
    }
    if let Some(KeysFrom::File(path)) = &plan.serve.credentials
        && let Err(error) = Credentials::from_file(&here.path(path))
    {
        let example = "a file as ~/.aws/credentials: `[default]`, `aws_access_key_id = …`, \
                       `aws_secret_access_key = …`";
        findings.push(Finding::fail(error.to_string(), example));
    }
    if let Some((certificate, key)) = &plan.serve.tls {
        for path in [certificate, key] {
            if let Err(error) = fs::File::open(here.path(path)) {
                findings.push(Finding::fail(
                    format!("cannot read {}, for TLS: {error}", path.display()),
                    format!("`ls -l {}`", path.display()),
                ));
            }
        }
    }
    findings
}

/// Whether a file is a plugin that can be loaded here, with this handler if one is asked for.
fn usable(path: &Path, handler: Option<Option<&str>>) -> Result<(), LoadError> {
    let file = preflight::examine(path)?;
    if let Some(handler) = handler {
        file.choose(handler)?;
    }
    Ok(())
}

fn refused(error: &LoadError, crates: bool) -> Finding {
    match error {
        LoadError::NotFound { .. } if crates => Finding::warn(
            format!("{error}: it is not built yet"),
            "`shim build`; `shim dev` builds it by itself",
        ),
        _ => Finding::new(Verdict::Fail, error.to_string(), error.hint()),
    }
}

/// The plugins in a folder.
fn plugins(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let shown = folder.display();
    let entries = fs::read_dir(folder);
    let entries = entries.map_err(|error| format!("cannot read the folder {shown}: {error}"))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "so"));
    files.sort();
    match files.is_empty() {
        true => Err(format!("there is no plugin (*.so) in {shown}")),
        false => Ok(files),
    }
}

#[cfg(test)]
mod tests {
    use super::look;
    use crate::doctor::Finding;
    use crate::doctor::Verdict::{Fail, Warn};
    use crate::doctor::testing::{Place, a_plugin, expect, expect_ok};

    fn of(place: &Place, text: &str) -> Vec<Finding> {
        place.file("shim.toml", text);
        look(&place.here(&[]))
    }

    fn function(lines: &str) -> String {
        format!("[function.shop]\nplugin = {:?}\n{lines}\n", a_plugin())
    }

    #[test]
    fn what_can_be_served_is_well() {
        let place = Place::new();
        expect_ok(&look(&place.here(&[])), "there is no shim.toml");
        expect_ok(
            &of(&place, &function("handler = \"quote\"")),
            "can be served",
        );
        place.file("other.toml", &function(""));
        std::fs::remove_file(place.path("shim.toml")).unwrap();
        let here = place.here(&[("SHIM_CONFIG", "other.toml")]);
        expect_ok(&look(&here), "other.toml can be served");
    }

    #[test]
    fn a_file_that_cannot_be_understood_is_told() {
        let place = Place::new();
        let fix = format!("correct it in {}", place.path("shim.toml").display());
        let found = of(&place, "port = 1\n[function");
        expect(
            &found,
            Fail,
            "is not TOML: TOML parse error at line 2, column 10: ",
            &fix,
        );
        assert!(!found[0].message.contains('|'), "{found:?}");
        expect(
            &of(&place, "prot = 1"),
            Fail,
            "unknown key prot",
            "the keys are",
        );
        let here = place.here(&[("SHIM_CONFIG", "missing.toml")]);
        expect(&look(&here), Fail, "cannot read", "missing.toml");
        expect(
            &of(&place, "port = 1"),
            Warn,
            "names no plugin",
            "[function.hello]",
        );
    }

    #[test]
    fn variables_count_for_the_file_too() {
        let place = Place::new();
        let open = format!("host = \"0.0.0.0\"\n{}", function("handler = \"quote\""));
        expect(
            &of(&place, &open),
            Fail,
            "open to everybody",
            "--credentials",
        );
        let here = |name, value| look(&place.here(&[(name, value)]));
        expect_ok(&here("SHIM_ALLOW_UNAUTHENTICATED", "true"), "can be served");
        // A wrong one is told elsewhere, and hides nothing of the file.
        let found = here("SHIM_TIMEOUT", "soon");
        expect(&found, Fail, "open to everybody", "--credentials");
        place.file("shim.toml", &function("handler = \"quote\""));
        expect_ok(
            &look(&place.here(&[("SHIM_TIMEOUT", "soon")])),
            "can be served",
        );
    }

    #[test]
    fn plugins_that_are_refused_are_told_as_serve_tells_them() {
        let place = Place::new();
        let text = "[function.hello]\nplugin = \"libhello.so\"";
        expect(&of(&place, text), Fail, "libhello.so", "cargo build");
        place.file("libhello.so", "no plugin");
        expect(&of(&place, text), Fail, "libhello.so", "Cargo.toml");
        let nobody = function("handler = \"nobody\"");
        expect(&of(&place, &nobody), Fail, "no handler named `nobody`", "");
    }

    #[test]
    fn what_is_not_built_yet_is_no_failure() {
        let place = Place::new();
        place.file("Cargo.toml", "[package]");
        let text = "[function.hello]\nplugin = \"target/release/libhello.so\"";
        expect(
            &of(&place, text),
            Warn,
            "it is not built yet",
            "`shim build`",
        );
        let text = "[function.hello]\ntimeout = \"3s\"";
        expect(&of(&place, text), Warn, "`shim dev` serves it", "plugin = ");
    }

    #[test]
    fn folders_keys_and_certificates_are_looked_at() {
        let place = Place::new();
        std::fs::create_dir(place.path("empty")).unwrap();
        expect(
            &of(&place, "plugin_dir = \"none\""),
            Fail,
            "cannot read the folder",
            "plugin_dir",
        );
        expect(
            &of(&place, "plugin_dir = \"empty\""),
            Fail,
            "no plugin (*.so)",
            "plugin_dir",
        );
        place.file("some/broken.so", "no plugin");
        expect(
            &of(&place, "plugin_dir = \"some\""),
            Fail,
            "broken.so",
            "Cargo.toml",
        );
        let keys = format!("credentials = \"keys\"\n{}", function(""));
        expect(&of(&place, &keys), Fail, "keys", "aws_access_key_id");
        place.file("key.pem", "");
        let tls = "tls_cert = \"cert.pem\"\ntls_key = \"key.pem\"\n";
        let tls = of(&place, &format!("{tls}{}", function("")));
        expect(
            &tls,
            Fail,
            "cannot read cert.pem, for TLS",
            "ls -l cert.pem",
        );
    }
}
