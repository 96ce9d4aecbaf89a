//! The daemons that logs may go to.

use std::path::Path;

use super::finding::Finding;
use super::here::Here;

/// `--log-to`, and where its daemon listens.
const DAEMONS: [(&str, &str); 2] = [
    ("syslog", "/dev/log"),
    ("journald", "/run/systemd/journal/socket"),
];

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let there = DAEMONS.map(|(_, socket)| Path::new(socket).exists());
    vec![judge(here.text("SHIM_LOG_TO"), there)]
}

fn judge(wanted: Option<&str>, there: [bool; 2]) -> Finding {
    let daemons = DAEMONS.iter().zip(there);
    let running = daemons.clone().filter(|(_, there)| *there);
    let running: Vec<_> = running.map(|((word, _), _)| *word).collect();
    let missing = daemons.filter(|(_, there)| !there);
    for ((word, socket), _) in missing {
        if wanted == Some(word) {
            return Finding::fail(
                format!("SHIM_LOG_TO is {word}, and nobody listens at {socket}"),
                match *word {
                    "journald" => "`systemctl start systemd-journald`, or `unset SHIM_LOG_TO`",
                    _ => {
                        "start a syslog daemon (`systemctl start rsyslog`), or `unset SHIM_LOG_TO`"
                    }
                },
            );
        }
    }
    Finding::ok(match running.as_slice() {
        [] => "neither syslog nor journald is here: logs go to standard error".to_owned(),
        some => format!("--log-to {} works", some.join(" and ")),
    })
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::doctor::Verdict::Fail;
    use crate::doctor::testing::{expect, expect_ok};

    #[test]
    fn what_there_is_is_told() {
        expect_ok(&[judge(None, [false, false])], "standard error");
        expect_ok(
            &[judge(None, [true, true])],
            "--log-to syslog and journald works",
        );
        expect_ok(
            &[judge(Some("journald"), [false, true])],
            "--log-to journald works",
        );
    }

    #[test]
    fn a_daemon_that_is_wanted_and_not_there_is_told() {
        let finding = judge(Some("journald"), [true, false]);
        expect(
            &[finding],
            Fail,
            "/run/systemd/journal/socket",
            "unset SHIM_LOG_TO",
        );
        let finding = judge(Some("syslog"), [false, true]);
        expect(&[finding], Fail, "nobody listens at /dev/log", "rsyslog");
    }
}
