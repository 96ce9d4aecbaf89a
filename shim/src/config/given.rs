//! What was given, where, as text.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

use super::listen::PassedAddresses;
use super::problem::ConfigErrors;
use super::setting::{self, SETTINGS, Scope, Setting};

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

    /// The names of the variables that are set.
    #[cfg(feature = "doctor")]
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let set = self.0.iter().filter(|(_, value)| !value.is_empty());
        set.map(|(name, _)| name.as_str())
    }
}

impl FromIterator<(String, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, OsString)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// A setting that is read at the start only, and what it was given as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// Its key in `shim.toml`.
    pub key: String,
    /// The text that stands for its value; `None`: it was not given, and no single word says what
    /// is taken then.
    pub value: Option<String>,
}

/// The values of one setting.
#[derive(Debug, Clone)]
struct Values {
    origin: Origin,
    /// How to call it in a message: `--timeout`, `SHIM_TIMEOUT`, `timeout in shim.toml`.
    name: String,
    texts: Vec<String>,
}

type Table = HashMap<&'static str, Values>;

/// All values that were given.
#[derive(Debug, Default)]
pub struct Given {
    values: Table,
    /// `[function.NAME]`, in the order of their names.
    functions: Vec<(String, Table)>,
    /// Whose settings are read at the moment.
    current: Option<usize>,
    /// Where the sockets listen that were passed.
    pub(super) passed: PassedAddresses,
    /// What is wrong so far.
    pub(super) errors: ConfigErrors,
}

impl Given {
    /// Adds what stands on the command line.
    pub fn flag(&mut self, setting: &'static Setting, texts: Vec<String>) {
        self.put(setting, Origin::Flag, format!("--{}", setting.flag), texts);
    }

    /// Adds the sockets that the parent process passed.
    pub fn passed(&mut self, addresses: PassedAddresses) {
        self.passed = addresses;
    }

    /// Adds the variables.
    pub fn variables(&mut self, environment: &Environment) {
        for setting in SETTINGS
            .iter()
            .filter(|setting| setting.scope != Scope::Table)
        {
            let name = setting.variable();
            let Some(value) = environment.get(&name) else {
                continue;
            };
            match value.to_str() {
                Some(text) => {
                    let texts = match setting.many || setting.is_list() {
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
            if key == "function" {
                self.functions_of(value, path);
                continue;
            }
            let found = self.read(&key, &value, "", path, |scope| scope != Scope::Table);
            if let Some((setting, values)) = found {
                self.values.entry(setting.flag).or_insert(values);
            }
        }
    }

    /// `[function.NAME]`
    fn functions_of(&mut self, value: toml::Value, path: &Path) {
        let shown = path.display();
        let wrong = |what: &str| format!("{what} in {shown}: expected a table of settings");
        let toml::Value::Table(tables) = value else {
            self.errors.add(Origin::File, wrong("function"));
            return;
        };
        for (name, value) in tables {
            let toml::Value::Table(settings) = value else {
                self.errors
                    .add(Origin::File, wrong(&format!("function.{name}")));
                continue;
            };
            if let Err(message) = super::parse::function_name(&name) {
                let message = format!("function.{name} in {shown}: {message}");
                self.errors.add(Origin::File, message);
            }
            let prefix = format!("function.{name}.");
            let found = settings.iter().filter_map(|(key, value)| {
                self.read(key, value, &prefix, path, |scope| scope != Scope::Process)
            });
            let table = found
                .map(|(setting, values)| (setting.flag, values))
                .collect();
            self.functions.push((name, table));
        }
    }

    /// One line of a file; `None`: something is wrong with it, which is noted.
    fn read(
        &mut self,
        key: &str,
        value: &toml::Value,
        prefix: &str,
        path: &Path,
        fits: impl Fn(Scope) -> bool,
    ) -> Option<(&'static Setting, Values)> {
        let name = format!("{prefix}{key} in {}", path.display());
        let mut here = SETTINGS.iter().filter(|setting| fits(setting.scope));
        let Some(setting) = here.clone().find(|setting| setting.key() == key) else {
            let elsewhere = SETTINGS.iter().any(|setting| setting.key() == key);
            let message = match (elsewhere, prefix.is_empty()) {
                (false, _) => format!("unknown key {name}"),
                (true, true) => format!("{name} belongs into a table [function.NAME]"),
                (true, false) => format!("{name} belongs before all tables"),
            };
            let known: Vec<_> = here.by_ref().map(Setting::key).collect();
            let hint = format!("the keys are: {}", known.join(", "));
            self.errors.add_with_hint(Origin::File, message, hint);
            return None;
        };
        let Some(texts) = texts(value) else {
            let expected = setting.value.to_lowercase();
            let message = format!("{name}: expected {expected}, found {value}");
            self.errors.add(Origin::File, message);
            return None;
        };
        let texts = match value {
            toml::Value::String(_) => split(setting, texts),
            _ => texts,
        };
        let values = Values {
            origin: Origin::File,
            name,
            texts,
        };
        Some((setting, values))
    }

    /// The names of the functions that have a table.
    pub(super) fn functions(&self) -> Vec<String> {
        self.functions
            .iter()
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// From now on settings are read of this function, and of all where its table says nothing;
    /// `None`: of all.
    pub(super) fn enter(&mut self, function: Option<usize>) {
        self.current = function;
    }

    /// The first that is put stays.
    fn put(&mut self, setting: &'static Setting, origin: Origin, name: String, texts: Vec<String>) {
        let texts = split(setting, texts);
        self.values.entry(setting.flag).or_insert(Values {
            origin,
            name,
            texts,
        });
    }

    /// Whether a value was given.
    pub fn has(&self, flag: &str) -> bool {
        lookup(&self.values, &self.functions, self.current, flag).is_some()
    }

    /// Where a value was given, if one was.
    pub(super) fn origin(&self, flag: &str) -> Option<Origin> {
        let values = lookup(&self.values, &self.functions, self.current, flag);
        values.map(|values| values.origin)
    }

    /// How to call a value in a message, if one was given for all functions.
    pub(super) fn name_of(&self, flag: &str) -> Option<&str> {
        self.values.get(flag).map(|values| values.name.as_str())
    }

    /// What each setting that is read at the start only was given as, or its default.
    pub(super) fn fixed(&self) -> Vec<Fixed> {
        let settings = SETTINGS.iter().filter(|setting| !setting.reloads);
        let fixed = settings.map(|setting| Fixed {
            key: setting.key(),
            value: match self.values.get(setting.flag) {
                Some(values) => Some(values.texts.join(",")),
                None => Some(setting.default.to_owned())
                    .filter(|default| !default.is_empty() && !default.contains(' ')),
            },
        });
        fixed.collect()
    }

    /// Whether a value follows from the variable PORT.
    pub(super) fn is_ports(&self, flag: &str) -> bool {
        self.name_of(flag) == Some("PORT")
    }

    /// The value of a setting, read by `parse`; `None` when it was not given or cannot be read,
    /// which is noted.
    pub(super) fn get<T>(
        &mut self,
        flag: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let Self {
            values,
            functions,
            current,
            errors,
            ..
        } = self;
        let Values {
            origin,
            name,
            texts,
        } = lookup(values, functions, *current, flag)?;
        let text = texts.last()?;
        match parse(text) {
            Ok(value) => Some(value),
            Err(message) => {
                errors.add(*origin, format!("{name}: {message}"));
                None
            }
        }
    }

    /// As [`get_all`](Self::get_all), with what is said of all functions before what is said of one.
    pub(super) fn get_merged<T>(
        &mut self,
        flag: &str,
        parse: impl Fn(&str) -> Result<T, String> + Copy,
    ) -> Vec<T> {
        let Some(function) = self.current.take() else {
            return self.get_all(flag, parse);
        };
        let mut all = self.get_all(flag, parse);
        self.current = Some(function);
        if self
            .functions
            .get(function)
            .is_some_and(|(_, table)| table.contains_key(flag))
        {
            all.extend(self.get_all(flag, parse));
        }
        all
    }

    /// As [`get`](Self::get), for one that may be given several times.
    pub(super) fn get_all<T>(
        &mut self,
        flag: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let Self {
            values,
            functions,
            current,
            errors,
            ..
        } = self;
        let Some(Values {
            origin,
            name,
            texts,
        }) = lookup(values, functions, *current, flag)
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

/// What holds for a function, or for all. What a plugin is, and which handler of it, is said of each
/// function alone.
fn lookup<'a>(
    values: &'a Table,
    functions: &'a [(String, Table)],
    current: Option<usize>,
    flag: &str,
) -> Option<&'a Values> {
    let Some((_, table)) = current.and_then(|index| functions.get(index)) else {
        return values.get(flag);
    };
    let own = ["plugin", "handler"].contains(&flag);
    table
        .get(flag)
        .or_else(|| values.get(flag).filter(|_| !own))
}

/// Takes lists apart.
fn split(setting: &Setting, texts: Vec<String>) -> Vec<String> {
    if !setting.is_list() {
        return texts;
    }
    let parts = texts.iter().flat_map(|text| text.split(','));
    parts.map(|part| part.trim().to_owned()).collect()
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
