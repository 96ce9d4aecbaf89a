//! Whether the time can be right.

use std::fs;
use std::time::{Duration, SystemTime};

use super::finding::Finding;
use super::here::Here;

/// How far a signature's time may be off, with AWS and with the shim.
const SIGNATURE: Duration = Duration::from_secs(300);

struct Clock {
    now: SystemTime,
    /// When the shim's own file was written.
    written: Option<SystemTime>,
    /// Whether systemd says that the clock is set by time servers.
    synchronised: Option<bool>,
}

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let written = fs::metadata(&here.program).and_then(|file| file.modified());
    let asked = here.find("timedatectl").and_then(|timedatectl| {
        let show = ["show", "--property", "NTPSynchronized", "--value"];
        here.run(&timedatectl, &show).ok()
    });
    let clock = Clock {
        now: SystemTime::now(),
        written: written.ok(),
        synchronised: asked.and_then(|said| match said.trim() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }),
    };
    vec![clock.judge()]
}

impl Clock {
    fn judge(&self) -> Finding {
        let fix = "`sudo timedatectl set-ntp true`, or start chrony; in a virtual machine the host's \
                   clock counts";
        let slow = self.written.and_then(|written| {
            let ahead = written.duration_since(self.now).ok()?;
            (ahead > SIGNATURE).then_some(ahead)
        });
        if let Some(slow) = slow {
            return Finding::fail(
                format!(
                    "the clock is at least {} minutes behind the time at which this shim was \
                     written: signatures are refused beyond 5 minutes",
                    slow.as_secs() / 60
                ),
                fix,
            );
        }
        match self.synchronised {
            Some(true) => Finding::ok("the clock is set by time servers"),
            Some(false) => Finding::warn(
                "the clock is not set by time servers: signatures are refused if it is off by more \
                 than 5 minutes",
                fix,
            ),
            None => Finding::ok(
                "nothing is wrong with the clock as far as can be told here; signatures allow 5 \
                 minutes",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Clock, look};
    use crate::doctor::Verdict::{Fail, Warn};
    use crate::doctor::testing::{Place, expect, expect_ok};

    fn clock(behind: u64, synchronised: Option<bool>) -> Clock {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        Clock {
            now,
            written: Some(now + Duration::from_secs(behind)),
            synchronised,
        }
    }

    #[test]
    fn a_clock_that_may_be_right_is_well() {
        expect_ok(&[clock(0, Some(true)).judge()], "set by time servers");
        expect_ok(&[clock(299, None).judge()], "as far as can be told");
    }

    #[test]
    fn a_clock_that_is_wrong_or_may_become_so_is_told() {
        let slow = clock(7200, Some(true)).judge();
        expect(&[slow], Fail, "at least 120 minutes behind", "set-ntp true");
        let free = clock(0, Some(false)).judge();
        expect(&[free], Warn, "not set by time servers", "set-ntp true");
    }

    #[test]
    fn systemd_is_asked() {
        let place = Place::new();
        let here = place.here(&[("PATH", "bin")]);
        place.program("bin/timedatectl", "echo no");
        expect(&look(&here), Warn, "not set by time servers", "chrony");
        place.program("bin/timedatectl", "echo yes");
        expect_ok(&look(&here), "set by time servers");
        place.program("bin/timedatectl", "exit 1");
        expect_ok(&look(&here), "as far as can be told");
    }
}
