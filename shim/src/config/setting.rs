//! The settings of `shim serve`: one table for flags, variables, file and documentation, in a file
//! for each theme.

mod events;
mod function;
mod http;
mod invoke;
mod limits;
mod listen;
mod logs;

/// One thing that can be set, under one word everywhere: `--max-body`, `SHIM_MAX_BODY`, `max_body`.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The flag, without its dashes.
    pub flag: &'static str,
    /// The flag's short form.
    pub short: Option<char>,
    /// What stands for the value in the help.
    pub value: &'static str,
    /// The values there are, if they can be listed.
    pub choices: &'static [&'static str],
    /// May be given several times.
    pub many: bool,
    /// The heading in the help.
    pub heading: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// What is taken when it is not given, as the help shows it.
    pub default: &'static str,
    /// What the flag alone, without a value, stands for; empty: it needs one.
    pub bare: &'static str,
    /// Where it may stand.
    pub scope: Scope,
    /// A reload reads it again; otherwise it is read at the start only.
    pub reloads: bool,
}

/// Where a setting may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere but in a function's table: it is of the whole process.
    Process,
    /// Everywhere; in `[function.NAME]` it is of that function, elsewhere of all that say nothing
    /// else.
    Function,
    /// In `[function.NAME]` only.
    Table,
}

impl Setting {
    /// The variable: `SHIM_MAX_BODY`.
    pub fn variable(&self) -> String {
        format!("SHIM_{}", self.flag.replace('-', "_").to_uppercase())
    }

    /// Whether a text may hold several values, with commas between.
    pub fn is_list(&self) -> bool {
        self.value.ends_with(",...")
    }

    /// The key in `shim.toml`: `max_body`.
    pub fn key(&self) -> String {
        self.flag.replace('-', "_")
    }
}

const FUNCTION: &str = "Function";

const BASE: Setting = Setting {
    flag: "",
    short: None,
    value: "VALUE",
    choices: &[],
    many: false,
    heading: FUNCTION,
    help: "",
    default: "",
    bare: "",
    scope: Scope::Function,
    reloads: true,
};

/// A setting of the whole process, which is read at its start.
const PROCESS: Setting = Setting {
    scope: Scope::Process,
    reloads: false,
    ..BASE
};

/// A setting that stands in a function's table only.
const TABLE: Setting = Setting {
    scope: Scope::Table,
    ..BASE
};

/// By their themes, in the order of the help.
const THEMES: &[&[Setting]] = &[
    function::SETTINGS,
    http::SETTINGS,
    events::SETTINGS,
    invoke::SETTINGS,
    listen::SETTINGS,
    limits::SETTINGS,
    logs::SETTINGS,
];

/// All of them.
pub const SETTINGS: &[Setting] = &all::<{ count() }>();

const fn count() -> usize {
    let (mut count, mut theme) = (0, 0);
    while theme < THEMES.len() {
        count += THEMES[theme].len();
        theme += 1;
    }
    count
}

const fn all<const COUNT: usize>() -> [Setting; COUNT] {
    let mut all = [BASE; COUNT];
    let (mut at, mut theme) = (0, 0);
    while theme < THEMES.len() {
        let mut place = 0;
        while place < THEMES[theme].len() {
            all[at] = THEMES[theme][place];
            at += 1;
            place += 1;
        }
        theme += 1;
    }
    all
}

/// The setting with this flag or key.
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS
        .iter()
        .find(|setting| setting.flag == name || setting.key() == name)
}
