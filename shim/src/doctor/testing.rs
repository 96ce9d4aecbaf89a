//! A place to look at that tests make.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Finding, Here, Verdict};

/// A folder with files and programs.
pub(super) struct Place(TempDir);

impl Place {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// A program that is these lines of a shell.
    pub(super) fn program(&self, name: &str, lines: &str) -> PathBuf {
        let text = self.file("program", &format!("#!/bin/sh\n{lines}\n"));
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // A file that this process writes itself cannot be run while another thread's child, not
        // yet on its way, has it open, too.
        let mut install = Command::new("install");
        install.args(["-m", "755"]).arg(text).arg(&path);
        assert!(install.status().unwrap().success());
        path
    }

    /// What checks get to see: these variables and no other.
    pub(super) fn here(&self, variables: &[(&str, &str)]) -> Here {
        let variables = variables.iter();
        Here {
            variables: variables
                .map(|(name, value)| ((*name).to_owned(), (*value).into()))
                .collect(),
            folder: self.0.path().to_owned(),
            program: self.path("shim"),
        }
    }
}

/// Expects one finding that is not well: its message and its fix have these words.
#[track_caller]
pub(super) fn expect(findings: &[Finding], verdict: Verdict, message: &str, fix: &str) {
    let bad: Vec<_> = findings
        .iter()
        .filter(|finding| finding.verdict != Verdict::Ok)
        .collect();
    let [finding] = bad.as_slice() else {
        panic!("not one: {findings:#?}");
    };
    assert_eq!(finding.verdict, verdict, "{finding:#?}");
    assert!(finding.message.contains(message), "{finding:#?}");
    let found = finding.fix.as_deref().unwrap_or_default();
    assert!(found.contains(fix), "{finding:#?}");
}

/// Expects that all is well, and a word in what is said.
#[track_caller]
pub(super) fn expect_ok(findings: &[Finding], message: &str) {
    let good = findings.iter().all(|one| one.verdict == Verdict::Ok);
    assert!(good, "{findings:#?}");
    let said = findings.iter().any(|one| one.message.contains(message));
    assert!(said, "no {message:?}: {findings:#?}");
}

/// The plugin of the README.
pub(super) fn a_plugin() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().unwrap();
    let plugin = Path::new(folder).join("libexample_plugin.so");
    assert!(plugin.is_file(), "{} is not built", plugin.display());
    plugin
}
