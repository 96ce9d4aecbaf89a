//! The workspace that a new crate joins.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::Problem;

/// The workspace around a new crate.
#[derive(Debug)]
pub(super) struct Workspace {
    /// Its `Cargo.toml`.
    pub(super) manifest: PathBuf,
    /// It has a `plugin-api` for all its members.
    pub(super) has_plugin_api: bool,
    /// The manifest with the new member; `None` if it is one already, by a pattern.
    changed: Option<String>,
}

#[derive(Deserialize)]
struct Manifest {
    workspace: Option<Table>,
}

#[derive(Deserialize)]
struct Table {
    members: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    dependencies: toml::Table,
}

impl Workspace {
    /// The workspace that cargo would count a crate in `folder` to; none if there is none around
    /// it, or if it excludes the folder.
    pub(super) fn around(folder: &Path) -> Result<Option<Self>, Problem> {
        for root in folder.ancestors().skip(1) {
            let manifest = root.join("Cargo.toml");
            let text = match fs::read_to_string(&manifest) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => continue,
                Err(error) => return Err(Problem::read(manifest, &error.to_string())),
            };
            let parsed: Manifest = toml::from_str(&text)
                .map_err(|error| Problem::read(manifest.clone(), error.message()))?;
            let Some(table) = parsed.workspace else {
                continue;
            };
            let member = folder.strip_prefix(root).unwrap_or(folder);
            let member = member.to_string_lossy().into_owned();
            let outside =
                |exclude: &String| Path::new(&member).starts_with(exclude.trim_end_matches('/'));
            if table.exclude.iter().any(outside) {
                return Ok(None);
            }
            let has_plugin_api = table.dependencies.contains_key("plugin-api");
            let changed = changed(&text, &table, &member);
            let changed = changed.map_err(|()| Problem::Join {
                manifest: manifest.clone(),
                member: member.clone(),
            })?;
            return Ok(Some(Self {
                manifest,
                has_plugin_api,
                changed,
            }));
        }
        Ok(None)
    }

    /// Adds the crate to the workspace: its manifest is exchanged in one step.
    pub(super) fn join(&self) -> io::Result<()> {
        let Some(text) = &self.changed else {
            return Ok(());
        };
        let path = self.manifest.canonicalize()?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        fs::set_permissions(file.path(), fs::metadata(&path)?.permissions())?;
        file.persist(&path)?;
        Ok(())
    }
}

/// The text with one member more, and nothing else changed; `None` if it is a member already.
fn changed(text: &str, table: &Table, member: &str) -> Result<Option<String>, ()> {
    let quoted = toml::Value::from(member).to_string();
    let new = match &table.members {
        Some(members) => {
            let mut patterns = members.get_ref().iter();
            if patterns.any(|pattern| matches(pattern.get_ref(), member)) {
                return Ok(None);
            }
            match members.get_ref().last() {
                Some(last) => after(text, last.span().end, &quoted)?,
                // `[]`, perhaps with spaces or comments in it.
                None => put(text, members.span().start + 1, &quoted),
            }
        }
        None => {
            let header = text.lines().find(|line| {
                let line = line.split('#').next().unwrap_or_default();
                line.trim() == "[workspace]"
            });
            let header = header.ok_or(())?;
            let start = header.as_ptr() as usize - text.as_ptr() as usize;
            put(
                text,
                start + header.len(),
                &format!("\nmembers = [{quoted}]"),
            )
        }
    };
    verified(text, new, member).map(Some)
}

/// Puts an element behind one that ends at `end`, as the elements stand: in one line, or each in a
/// line of its own.
fn after(text: &str, end: usize, quoted: &str) -> Result<String, ()> {
    let (before, rest) = text.split_at_checked(end).ok_or(())?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    let own_line = line.trim_start().starts_with(['"', '\'']) && before.contains('\n');
    if !own_line {
        return Ok(put(text, end, &format!(", {quoted}")));
    }
    let comma = rest.trim_start_matches([' ', '\t']).starts_with(',');
    let newline = rest.find('\n');
    Ok(match (comma, newline) {
        // Behind a comment on the last element's line.
        (true, Some(newline)) => put(text, end + newline, &format!("\n{indent}{quoted},")),
        _ => put(text, end, &format!(",\n{indent}{quoted}")),
    })
}

fn put(text: &str, at: usize, what: &str) -> String {
    let mut new = text.to_owned();
    new.insert_str(at, what);
    new
}

/// The new text, if it says what the old one says, and has the member.
fn verified(old: &str, new: String, member: &str) -> Result<String, ()> {
    let mut expected: toml::Table = toml::from_str(old).map_err(drop)?;
    let found: toml::Table = toml::from_str(&new).map_err(drop)?;
    let workspace = expected
        .get_mut("workspace")
        .and_then(toml::Value::as_table_mut);
    let members = workspace.ok_or(())?.entry("members");
    let members = members.or_insert_with(|| toml::Value::Array(Vec::new()));
    members.as_array_mut().ok_or(())?.push(member.into());
    match expected == found {
        true => Ok(new),
        false => Err(()),
    }
}

/// Whether a pattern of members has a path in it: `*` and `?` stand for parts of one name.
fn matches(pattern: &str, path: &str) -> bool {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    let (mut patterns, mut names) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some("**"), Some(_)) => return patterns.next().is_none(),
            (Some(pattern), Some(name)) if name_matches(pattern.as_bytes(), name.as_bytes()) => {}
            _ => return false,
        }
    }
}

fn name_matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            name_matches(rest, name) || (!name.is_empty() && name_matches(pattern, &name[1..]))
        }
        ([b'?', pattern @ ..], [_, name @ ..]) => name_matches(pattern, name),
        ([a, pattern @ ..], [b, name @ ..]) if a == b => name_matches(pattern, name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Manifest, changed, matches};

    fn join(text: &str, member: &str) -> Result<Option<String>, ()> {
        let parsed: Manifest = toml::from_str(text).unwrap();
        changed(text, &parsed.workspace.unwrap(), member)
    }

    #[test]
    fn the_format_is_kept() {
        for (old, new) in [
            (
                "[workspace]\nmembers = [\"a\"]\n",
                "[workspace]\nmembers = [\"a\", \"x/new\"]\n",
            ),
            (
                "[workspace]\nmembers = []\n",
                "[workspace]\nmembers = [\"x/new\"]\n",
            ),
            (
                "[workspace]\nmembers = [\n  \"a\",\n  \"b\", # last\n]\nresolver = \"3\"\n",
                "[workspace]\nmembers = [\n  \"a\",\n  \"b\", # last\n  \"x/new\",\n]\nresolver = \"3\"\n",
            ),
            (
                "[workspace]\nmembers = [\n\t\"a\" # no comma\n]\n",
                "[workspace]\nmembers = [\n\t\"a\",\n\t\"x/new\" # no comma\n]\n",
            ),
            (
                "# all\n[workspace] # mine\nresolver = \"3\"\n",
                "# all\n[workspace] # mine\nmembers = [\"x/new\"]\nresolver = \"3\"\n",
            ),
            (
                "workspace.members = ['a']",
                "workspace.members = ['a', \"x/new\"]",
            ),
        ] {
            assert_eq!(join(old, "x/new").unwrap().as_deref(), Some(new), "{old}");
        }
    }

    #[test]
    fn a_member_by_a_pattern_is_one_already() {
        assert_eq!(
            join("[workspace]\nmembers = [\"x/*\"]\n", "x/new"),
            Ok(None)
        );
        for (pattern, path) in [
            ("a", "a"),
            ("./a/", "a"),
            ("*/b", "a/b"),
            ("a-?", "a-1"),
            ("a/**", "a/b/c"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("a", "b"),
            ("*", "a/b"),
            ("a/*", "a"),
            ("a-?", "a-"),
            ("a*c", "abd"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn what_is_not_understood_is_left_alone() {
        let text = "[workspace.dependencies]\nserde = \"1\"\n";
        assert_eq!(join(text, "new"), Err(()));
    }
}
