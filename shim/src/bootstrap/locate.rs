//! From `_HANDLER` to a plugin's file and the name of a handler.

use std::path::{Path, PathBuf};

use crate::plugin::LoadError;
use crate::plugin::preflight;

/// What `_HANDLER` leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) path: PathBuf,
    /// `None`: the only one, or the one called `handler`.
    pub(super) handler: Option<String>,
}

/// Why it leads nowhere.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotLocated {
    /// There is no such file.
    #[error(
        "_HANDLER is `{handler}`, but there is neither {file}.so nor lib{file}.so in {}{}",
        root.display(),
        there_is(there)
    )]
    NoFile {
        handler: String,
        file: String,
        root: PathBuf,
        there: Vec<String>,
    },
    /// `_HANDLER` names no file, and there is none to be found.
    #[error("there is no plugin (*.so) in {}", root.display())]
    NoPlugin { root: PathBuf },
    /// `_HANDLER` names no file, and there are several.
    #[error(
        "_HANDLER is `{handler}`, and {} has several plugins: {}; name one of them, as FILE.HANDLER",
        root.display(),
        there.join(", ")
    )]
    SeveralPlugins {
        handler: String,
        root: PathBuf,
        there: Vec<String>,
    },
    /// A file that might be meant is none that works.
    #[error(transparent)]
    Load(#[from] LoadError),
}

fn there_is(there: &[String]) -> String {
    match there {
        [] => String::new(),
        some => format!("; there is {}", some.join(", ")),
    }
}

/// The part before the dot that stands for whatever plugin there is, as Lambda's own examples for
/// an executable have it.
const ANY_FILE: &str = "bootstrap";

/// Finds the file: `orders.create` is the handler `create` in `orders.so` or `liborders.so`. A name
/// without a dot is that of a file, or of a handler of the only plugin there is.
pub(super) fn locate(root: &Path, handler: &str) -> Result<Located, NotLocated> {
    let (file, name) = match handler.rsplit_once('.') {
        Some((file, name)) => (file, Some(name)),
        None => (handler, None),
    };
    if let Some(path) = file_of(root, file) {
        let handler = name.map(str::to_owned);
        return Ok(Located { path, handler });
    }
    if name.is_some() && file != ANY_FILE {
        return Err(NotLocated::NoFile {
            handler: handler.to_owned(),
            file: file.to_owned(),
            root: root.to_owned(),
            there: shared_objects(root)
                .iter()
                .map(|path| shown(path))
                .collect(),
        });
    }
    let path = only_plugin(root, handler)?;
    let handler = match name {
        Some(name) => Some(name.to_owned()),
        None => {
            let handlers = preflight::read_label(&path)?.handlers;
            let known = handlers.iter().any(|known| known.name == handler);
            known.then(|| handler.to_owned())
        }
    };
    Ok(Located { path, handler })
}

fn file_of(root: &Path, file: &str) -> Option<PathBuf> {
    // cargo writes my-orders as libmy_orders.so.
    let (folder, stem) = file.rsplit_once('/').unwrap_or(("", file));
    let cargo = stem.replace('-', "_");
    let names = [
        format!("{stem}.so"),
        format!("lib{stem}.so"),
        format!("lib{cargo}.so"),
    ];
    let paths = names.into_iter().map(|name| root.join(folder).join(name));
    paths
        .filter(|_| !stem.is_empty())
        .find(|path| path.is_file())
}

fn only_plugin(root: &Path, handler: &str) -> Result<PathBuf, NotLocated> {
    let files = shared_objects(root);
    let mut refused = None;
    let mut plugins = Vec::new();
    for path in files {
        match preflight::read_label(&path) {
            Ok(_) => plugins.push(path),
            // A library that a plugin is linked with may lie beside it.
            Err(LoadError::NotAPlugin { .. }) => {}
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    match (plugins.as_slice(), refused) {
        ([_], _) => Ok(plugins.remove(0)),
        ([], Some(error)) => Err(error.into()),
        ([], None) => Err(NotLocated::NoPlugin {
            root: root.to_owned(),
        }),
        (_, _) => Err(NotLocated::SeveralPlugins {
            handler: handler.to_owned(),
            root: root.to_owned(),
            there: plugins.iter().map(|path| shown(path)).collect(),
        }),
    }
}

/// The files `*.so` in a folder, in the order of their names.
fn shared_objects(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut found: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|kind| kind == "so") && path.is_file())
        .collect();
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::locate;

    #[test]
    fn a_handler_names_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir(root.join("sub")).unwrap();
        for file in ["orders.so", "libmy_shop.so", "sub/libx.v2.so"] {
            std::fs::write(root.join(file), "").unwrap();
        }
        let found = |handler: &str| {
            let located = locate(root, handler).unwrap();
            let path = located.path.strip_prefix(root).unwrap().to_owned();
            (path.to_str().unwrap().to_owned(), located.handler)
        };
        let is = |path: &str, handler: Option<&str>| (path.to_owned(), handler.map(str::to_owned));
        assert_eq!(found("orders.create"), is("orders.so", Some("create")));
        assert_eq!(found("my-shop.sell"), is("libmy_shop.so", Some("sell")));
        assert_eq!(found("my_shop"), is("libmy_shop.so", None));
        assert_eq!(found("sub/x.v2.run"), is("sub/libx.v2.so", Some("run")));

        let error = locate(root, "other.create").unwrap_err().to_string();
        assert!(
            error.contains("neither other.so nor libother.so"),
            "{error}"
        );
        assert!(
            error.ends_with("there is libmy_shop.so, orders.so"),
            "{error}"
        );
        let error = locate(root, "create").unwrap_err().to_string();
        assert!(error.contains("is empty, not a plugin"), "{error}");
    }

    #[test]
    fn an_empty_folder_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let error = locate(folder.path(), "").unwrap_err().to_string();
        assert!(error.starts_with("there is no plugin (*.so) in /"));
    }
}
