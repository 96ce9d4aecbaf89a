//! What was given, where, as text.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

use super::problem::ConfigErrors;
use super::setting::{self, SETTINGS, Setting};

/// Where a value was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In `shim.toml`.
    File,
    /// As an environment variable.
    Variable,
    /// On the command line.
    Flag,
}

/// The environment variables that are looked at, taken once at the start.
#[derive(Debug, Clone, Default)]
pub struct Environment(HashMap<String, OsString>);

impl Environment {
    /// The process's own.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect()
    }

    /// A variable; set to nothing counts as not set.
    pub fn get(&self, name: &str) -> Option<&OsString> {
        self.0.get(name).filter(|value| !value.is_empty())
    }
}

impl FromIterator<(String, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, OsString)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// The values of one setting.
#[derive(Debug, Clone)]
struct Values {
    origin: Origin,
    /// How to call it in a message: `--timeout`, `SHIM_TIMEOUT`, `timeout in shim.toml`.
    name: String,
    texts: Vec<String>,
}

/// All values that were given.
#[derive(Debug, Default)]
pub struct Given {
    values: HashMap<&'static str, Values>,
    /// What is wrong so far.
    pub(super) errors: ConfigErrors,
}

impl Given {
    /// Adds what stands on the command line.
    pub fn flag(&mut self, setting: &'static Setting, texts: Vec<String>) {
        self.put(setting, Origin::Flag, format!("--{}", setting.flag), texts);
    }

    /// Adds the variables.
    pub fn variables(&mut self, environment: &Environment) {
        for setting in SETTINGS {
            let name = setting.variable();
            let Some(value) = environment.get(&name) else {
                continue;
            };
            match value.to_str() {
                Some(text) => {
                    let texts = match setting.many {
                        true => text.split(',').map(str::to_owned).collect(),
                        false => vec![text.to_owned()],
                    };
                    self.put(setting, Origin::Variable, name, texts);
                }
                None => self
                    .errors
                    .add(Origin::Variable, format!("{name} is not UTF-8")),
            }
        }
        // Words of others that we respect, behind our own.
        for (name, flag) in [("PORT", "port"), ("RUST_LOG", "log-level")] {
            let value = environment.get(name).and_then(|value| value.to_str());
            if let (Some(text), Some(setting)) = (value, setting::find(flag)) {
                self.put(
                    setting,
                    Origin::Variable,
                    name.to_owned(),
                    vec![text.to_owned()],
                );
                if name == "PORT"
                    && let Some(host) = setting::find("host")
                {
                    self.put(
                        host,
                        Origin::Variable,
                        name.to_owned(),
                        vec!["0.0.0.0".to_owned()],
                    );
                }
            }
        }
    }

    /// Adds the contents of a file.
    pub fn file(&mut self, path: &Path) {
        let shown = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                self.errors
                    .add(Origin::File, format!("cannot read {shown}: {error}"));
                return;
            }
        };
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                let message = format!("{shown} is not TOML: {}", error.to_string().trim_end());
                self.errors.add(Origin::File, message);
                return;
            }
        };
        for (key, value) in table {
            let name = format!("{key} in {shown}");
            let Some(setting) = SETTINGS.iter().find(|setting| setting.key() == key) else {
                let known = SETTINGS
                    .iter()
                    .map(Setting::key)
                    .collect::<Vec<_>>()
                    .join(", ");
                let message = format!("unknown key {name}");
                self.errors
                    .add_with_hint(Origin::File, message, format!("the keys are: {known}"));
                continue;
            };
            match texts(&value) {
                Some(texts) => self.put(setting, Origin::File, name, texts),
                None => {
                    let message = format!(
                        "{name}: expected {}, found {value}",
                        setting.value.to_lowercase()
                    );
                    self.errors.add(Origin::File, message);
                }
            }
        }
    }

    /// The first that is put stays.
    fn put(&mut self, setting: &'static Setting, origin: Origin, name: String, texts: Vec<String>) {
        self.values.entry(setting.flag).or_insert(Values {
            origin,
            name,
            texts,
        });
    }

    /// Whether a value was given.
    pub fn has(&self, flag: &str) -> bool {
        self.values.contains_key(flag)
    }

    /// The value of a setting, read by `parse`; `None` when it was not given or cannot be read,
    /// which is noted.
    pub(super) fn get<T>(
        &mut self,
        flag: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let Self { values, errors } = self;
        let Values {
            origin,
            name,
            texts,
        } = values.get(flag)?;
        let text = texts.last()?;
        match parse(text) {
            Ok(value) => Some(value),
            Err(message) => {
                errors.add(*origin, format!("{name}: {message}"));
                None
            }
        }
    }

    /// As [`get`](Self::get), for one that may be given several times.
    pub(super) fn get_all<T>(
        &mut self,
        flag: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let Self { values, errors } = self;
        let Some(Values {
            origin,
            name,
            texts,
        }) = values.get(flag)
        else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for text in texts {
            match parse(text) {
                Ok(value) => all.push(value),
                Err(message) => errors.add(*origin, format!("{name}: {message}")),
            }
        }
        all
    }
}

/// A TOML value as the texts that stand for it on a command line.
fn texts(value: &toml::Value) -> Option<Vec<String>> {
    let scalar = |value: &toml::Value| match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        _ => None,
    };
    match value {
        toml::Value::Array(items) => items.iter().map(scalar).collect(),
        toml::Value::Table(table) => table
            .iter()
            .map(|(name, value)| scalar(value).map(|text| format!("{name}={text}")))
            .collect(),
        one => scalar(one).map(|text| vec![text]),
    }
}
