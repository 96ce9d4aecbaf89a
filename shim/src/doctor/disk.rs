//! Space and rights where files go.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};

use super::finding::{Finding, bytes};
use super::here::Here;

/// Less, and next to nothing can be built.
const LEAST: u64 = 200 << 20;
/// Less, and a build of several plugins may fail.
const ENOUGH: u64 = 2 << 30;

/// A folder that is written to.
struct Folder {
    path: PathBuf,
    what: &'static str,
    /// How to choose another one.
    elsewhere: &'static str,
    state: State,
}

enum State {
    Missing,
    ReadOnly,
    There {
        free: u64,
        runs: bool,
    },
    /// The system does not tell.
    Unknown,
}

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let named = |name: &str| here.variables.get(name).map(|path| here.path(path));
    let target = named("CARGO_TARGET_DIR").unwrap_or_else(|| here.path("target"));
    // cargo makes it.
    let mut above = target.ancestors();
    let target = above.find(|path| path.exists()).unwrap_or(Path::new("/"));
    let temporary = named("TMPDIR").unwrap_or_else(|| "/tmp".into());
    let folders = [
        Folder {
            path: target.to_owned(),
            what: "where cargo builds",
            elsewhere: "`export CARGO_TARGET_DIR=FOLDER`",
            state: state(target),
        },
        Folder {
            state: state(&temporary),
            path: temporary,
            what: "for temporary files",
            elsewhere: "`export TMPDIR=FOLDER`",
        },
    ];
    folders.iter().map(Folder::judge).collect()
}

fn state(path: &Path) -> State {
    if !path.is_dir() {
        return State::Missing;
    }
    let Ok(told) = statvfs(path) else {
        return State::Unknown;
    };
    if access(path, Access::WRITE_OK).is_err() {
        return State::ReadOnly;
    }
    State::There {
        free: told.f_bavail.saturating_mul(told.f_frsize),
        runs: !told.f_flag.contains(StatVfsMountFlags::NOEXEC),
    }
}

impl Folder {
    fn judge(&self) -> Finding {
        let Self {
            what, elsewhere, ..
        } = self;
        let path = self.path.display();
        let space = format!("make room (`cargo clean`), or choose another folder: {elsewhere}");
        match self.state {
            State::Missing => Finding::fail(
                format!("{path}, {what}, is not a folder"),
                format!("`mkdir -p {path}`, or choose another one: {elsewhere}"),
            ),
            State::ReadOnly => Finding::fail(
                format!("{path}, {what}, cannot be written to"),
                format!("`ls -ld {path}` says who may; or choose another folder: {elsewhere}"),
            ),
            State::Unknown => Finding::ok(format!("{path}, {what}: its space cannot be told")),
            State::There { runs: false, .. } => Finding::warn(
                format!(
                    "{path}, {what}, is mounted noexec: what is built there cannot be loaded from \
                     there, also not by `shim dev`"
                ),
                format!(
                    "`sudo mount -o remount,exec $(findmnt -nro TARGET -T {path})`, or {elsewhere}"
                ),
            ),
            State::There { free, .. } => {
                let message = format!("{} free in {path}, {what}", bytes(free));
                match free {
                    0..LEAST => Finding::fail(message, space),
                    LEAST..ENOUGH => Finding::warn(message, space),
                    _ => Finding::ok(message),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Folder, State, look};
    use crate::doctor::Verdict::{Fail, Warn};
    use crate::doctor::testing::{Place, expect};

    fn folder(state: State) -> [crate::doctor::Finding; 1] {
        let folder = Folder {
            path: "/tmp".into(),
            what: "for temporary files",
            elsewhere: "`export TMPDIR=FOLDER`",
            state,
        };
        [folder.judge()]
    }

    #[test]
    fn little_space_is_told_with_the_way_to_more() {
        let there = |free| folder(State::There { free, runs: true });
        expect(&there(5 << 20), Fail, "5 MiB free in /tmp", "export TMPDIR");
        expect(&there(1 << 30), Warn, "1 GiB free in /tmp", "cargo clean");
        assert_eq!(
            there(9 << 30)[0].message,
            "9 GiB free in /tmp, for temporary files"
        );
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_told() {
        expect(
            &folder(State::ReadOnly),
            Fail,
            "cannot be written to",
            "ls -ld /tmp",
        );
        let state = State::There {
            free: 9 << 30,
            runs: false,
        };
        expect(&folder(state), Warn, "noexec", "remount,exec");
    }

    #[test]
    fn the_folders_of_the_variables_count() {
        let place = Place::new();
        let here = place.here(&[("TMPDIR", "none"), ("CARGO_TARGET_DIR", "not/made/yet")]);
        let found = look(&here);
        expect(
            &found[1..],
            Fail,
            "/none, for temporary files, is not a folder",
            "mkdir -p",
        );
        let folder = place.path("");
        let folder = folder.to_str().unwrap().trim_end_matches('/');
        let text = format!("{folder}, where cargo builds");
        assert!(found[0].message.contains(&text), "{found:?}");
    }
}
