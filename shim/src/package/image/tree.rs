//! The files of a layer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::package::{Entry, PackageError};

/// The mode of `/tmp`: everybody may write, nobody may remove what is another's.
const SHARED: u32 = 0o1777;
const EXECUTABLE: u32 = 0o755;
const PLAIN: u32 = 0o644;

/// Files and directories by their paths, without the slash in front; each directory stands before
/// what is in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree(BTreeMap<String, Node>);

/// A file or a directory.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) mode: u32,
    pub(super) content: Content,
}

/// What a node has.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Directory,
    /// The first bytes of a file, as many as it had.
    File(PathBuf, u64),
    Text(String),
}

impl Tree {
    /// Adds a file of this system.
    pub(super) fn file(&mut self, path: &str, entry: &Entry) -> Result<(), PackageError> {
        let content = Content::File(entry.source.clone(), entry.size);
        let other = self.source(path);
        if other.is_some_and(|other| *other != entry.source) {
            return Err(PackageError::Duplicate {
                name: path.to_owned(),
                first: other.cloned().unwrap_or_default(),
                second: entry.source.clone(),
            });
        }
        self.add(path, entry.mode, content);
        Ok(())
    }

    /// Adds a file with this text.
    pub(super) fn text(&mut self, path: &str, text: &str) {
        self.add(path, PLAIN, Content::Text(text.to_owned()));
    }

    /// Adds an empty directory that everybody may write to.
    pub(super) fn shared_directory(&mut self, path: &str) {
        self.add(path, SHARED, Content::Directory);
    }

    /// Adds an empty directory.
    pub(super) fn directory(&mut self, path: &str) {
        self.add(path, EXECUTABLE, Content::Directory);
    }

    fn add(&mut self, path: &str, mode: u32, content: Content) {
        let path = path.trim_start_matches('/');
        for (at, _) in path.match_indices('/') {
            let above = self.0.entry(path[..at].to_owned());
            above.or_insert(Node {
                mode: EXECUTABLE,
                content: Content::Directory,
            });
        }
        self.0.insert(path.to_owned(), Node { mode, content });
    }

    /// Where the file at this path comes from.
    fn source(&self, path: &str) -> Option<&PathBuf> {
        match &self.0.get(path.trim_start_matches('/'))?.content {
            Content::File(source, _) => Some(source),
            _ => None,
        }
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = (&Path, &Node)> {
        self.0.iter().map(|(path, node)| (Path::new(path), node))
    }

    /// The files with their sizes, their paths as they are in the image.
    pub(super) fn files(&self) -> Vec<(String, u64)> {
        let file = |(path, node): (&String, &Node)| {
            let size = match &node.content {
                Content::Directory => return None,
                Content::File(_, size) => *size,
                Content::Text(text) => text.len() as u64,
            };
            Some((format!("/{path}"), size))
        };
        self.0.iter().filter_map(file).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn directories_stand_before_what_is_in_them() {
        let mut tree = Tree::default();
        tree.text("/etc/ssl/a", "1");
        tree.text("/etc/a", "22");
        tree.text("/etc-a", "333");
        tree.shared_directory("/tmp");
        let paths: Vec<_> = tree
            .nodes()
            .map(|(path, _)| path.to_str().unwrap())
            .collect();
        assert_eq!(
            paths,
            ["etc", "etc-a", "etc/a", "etc/ssl", "etc/ssl/a", "tmp"]
        );
        let file = |path: &str, size| (path.to_owned(), size);
        let files = [file("/etc-a", 3), file("/etc/a", 2), file("/etc/ssl/a", 1)];
        assert_eq!(tree.files(), files);
    }
}
