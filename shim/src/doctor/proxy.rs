//! Proxies that would get what is for this machine.

use super::finding::Finding;
use super::here::Here;

/// What names a proxy for `http://`; curl passes the second over, most others do not.
const PROXIES: [&str; 4] = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
/// What this machine is called in the examples.
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let proxy = PROXIES
        .iter()
        .find_map(|name| Some((*name, here.text(name)?)));
    let except = here.text("no_proxy").or_else(|| here.text("NO_PROXY"));
    vec![judge(proxy, except.unwrap_or_default())]
}

fn judge(proxy: Option<(&str, &str)>, except: &str) -> Finding {
    let Some((name, _)) = proxy else {
        return Finding::ok("no proxy for http:// is set");
    };
    let listed = |host: &&&str| {
        let mut entries = except.split([',', ' ']).map(str::trim);
        !entries.any(|entry| entry == "*" || entry == **host)
    };
    let caught: Vec<&str> = NAMES.iter().filter(listed).copied().collect();
    if caught.is_empty() {
        return Finding::ok(format!("{name} is set, and no_proxy has this machine"));
    }
    let mut entries: Vec<&str> = except
        .split([',', ' '])
        .filter(|entry| !entry.is_empty())
        .collect();
    entries.extend(&caught);
    let entries = entries.join(",");
    Finding::warn(
        format!(
            "{name} is set, and no_proxy lacks {}: curl and the SDKs send what is for the shim to \
             the proxy",
            caught.join(" and ")
        ),
        format!("`export no_proxy={entries} NO_PROXY={entries}`"),
    )
}

#[cfg(test)]
mod tests {
    use super::look;
    use crate::doctor::Verdict::Warn;
    use crate::doctor::testing::{Place, expect, expect_ok};

    const PROXY: (&str, &str) = ("http_proxy", "http://user:secret@proxy:3128");

    #[test]
    fn without_a_proxy_or_with_an_exception_all_is_well() {
        let place = Place::new();
        expect_ok(&look(&place.here(&[])), "no proxy");
        for except in [
            "*",
            "localhost,127.0.0.1",
            "example.com, 127.0.0.1, localhost",
        ] {
            expect_ok(
                &look(&place.here(&[PROXY, ("NO_PROXY", except)])),
                "has this machine",
            );
        }
    }

    #[test]
    fn a_proxy_that_catches_this_machine_is_told_and_its_password_is_not() {
        let place = Place::new();
        let found = look(&place.here(&[PROXY]));
        let fix = "`export no_proxy=localhost,127.0.0.1 NO_PROXY=localhost,127.0.0.1`";
        expect(
            &found,
            Warn,
            "http_proxy is set, and no_proxy lacks localhost",
            fix,
        );
        assert!(!format!("{found:?}").contains("secret"));
        let half = place.here(&[PROXY, ("no_proxy", "example.com,localhost")]);
        let fix = "no_proxy=example.com,localhost,127.0.0.1 ";
        expect(&look(&half), Warn, "lacks 127.0.0.1:", fix);
    }
}
