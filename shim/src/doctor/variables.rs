//! The variables of the shim's settings.

use super::finding::{Finding, Verdict};
use super::here::Here;
use crate::config::setting::{SETTINGS, Scope, Setting};
use crate::config::{self, Given, Origin, Problem};

/// Variables that are none of a setting.
const OTHERS: [&str; 3] = ["SHIM_CONFIG", "SHIM_INVOKE_MODE", "SHIM_PLUGIN_API_PATH"];
/// How many letters may be wrong in a name that is taken for another.
const ALIKE: usize = 3;

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let mut set: Vec<_> = here.variables.names().collect();
    set.retain(|name| name.starts_with("SHIM_"));
    set.sort_unstable();
    let mut findings: Vec<_> = set.iter().filter_map(|name| unknown(name)).collect();
    findings.extend(problems(here).iter().map(wrong));
    if findings.is_empty() {
        findings.push(Finding::ok(match set.as_slice() {
            [] => "no SHIM_* variable is set".to_owned(),
            some => format!("{}: known, and right", some.join(", ")),
        }));
    }
    findings
}

/// What is wrong with the variables, by the rules of `shim serve`.
fn problems(here: &Here) -> Vec<Problem> {
    let mut given = Given::default();
    given.variables(&here.variables);
    let problems = match config::resolve(given, &here.variables) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.0,
    };
    let here = problems.into_iter();
    here.filter(|problem| problem.origin == Origin::Variable)
        .collect()
}

fn wrong(problem: &Problem) -> Finding {
    let hint = problem.hint.clone().or_else(|| {
        let (name, _) = problem.message.split_once([':', ' '])?;
        Some(format!("`unset {name}`, or set it to what is expected"))
    });
    Finding::new(Verdict::Fail, &problem.message, hint)
}

fn unknown(name: &str) -> Option<Finding> {
    let of = |scope: fn(Scope) -> bool| {
        let settings = SETTINGS.iter().filter(move |one| scope(one.scope));
        settings.map(Setting::variable)
    };
    let known: Vec<_> = of(|scope| scope != Scope::Table)
        .chain(OTHERS.map(str::to_owned))
        .collect();
    if known.iter().any(|known| known == name) {
        return None;
    }
    if of(|scope| scope == Scope::Table).any(|table| table == name) {
        let key = name.trim_start_matches("SHIM_").to_lowercase();
        return Some(Finding::warn(
            format!("{name} has no effect: {key} is of one function"),
            format!("put `{key} = …` into [function.NAME] of shim.toml, and `unset {name}`"),
        ));
    }
    let alike = known.iter().map(|known| (distance(known, name), known));
    let nearest = alike.min().filter(|(distance, _)| *distance <= ALIKE);
    Some(Finding::warn(
        format!("{name} is not known, and has no effect"),
        match nearest {
            Some((_, known)) => format!("is it {known}? `unset {name}`"),
            None => format!("`unset {name}`; `shim --help` has all that are known"),
        },
    ))
}

/// How many letters have to be changed, added or taken out to make one text of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, byte) in one.bytes().enumerate() {
        let mut before = at;
        row[0] = at + 1;
        for (column, wanted) in other.bytes().enumerate() {
            let changed = before + usize::from(byte != wanted);
            before = row[column + 1];
            row[column + 1] = changed.min(before + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, look};
    use crate::doctor::Verdict::{Fail, Warn};
    use crate::doctor::testing::{Place, expect, expect_ok};

    fn found(variables: &[(&str, &str)]) -> Vec<crate::doctor::Finding> {
        look(&Place::new().here(variables))
    }

    #[test]
    fn variables_that_are_known_and_right_are_well() {
        expect_ok(&found(&[("HOME", "/")]), "no SHIM_* variable");
        let set = [("SHIM_TIMEOUT", "3s"), ("SHIM_CONFIG", "x"), ("PORT", "1")];
        expect_ok(&found(&set), "SHIM_CONFIG, SHIM_TIMEOUT: known");
    }

    #[test]
    fn an_unknown_one_is_told_with_the_one_that_was_meant() {
        let found = found(&[("SHIM_TIME_OUT", "3s")]);
        expect(
            &found,
            Warn,
            "SHIM_TIME_OUT is not known",
            "is it SHIM_TIMEOUT?",
        );
    }

    #[test]
    fn one_that_is_like_none_is_told_with_the_list() {
        let found = found(&[("SHIM_SOMETHING_ELSE", "1")]);
        expect(&found, Warn, "SHIM_SOMETHING_ELSE", "`shim --help` has all");
    }

    #[test]
    fn a_setting_of_one_function_is_told_with_its_place() {
        let found = found(&[("SHIM_ROUTES", "GET /")]);
        expect(&found, Warn, "routes is of one function", "[function.NAME]");
    }

    #[test]
    fn wrong_values_are_told_as_serve_tells_them() {
        let timeout = found(&[("SHIM_TIMEOUT", "soon")]);
        expect(&timeout, Fail, "SHIM_TIMEOUT: ", "`unset SHIM_TIMEOUT`");
        expect(&found(&[("PORT", "many")]), Fail, "PORT: ", "`unset PORT`");
        let open = found(&[("SHIM_HOST", "0.0.0.0")]);
        expect(&open, Fail, "open to everybody", "--credentials");
    }

    #[test]
    fn distances_are_counted_in_letters() {
        for (one, other, letters) in [("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3)] {
            assert_eq!(distance(one, other), letters, "{one} {other}");
        }
    }
}
