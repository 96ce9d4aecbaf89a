//! Records that plugins log, logged again by the host.
//!
//! A plugin has `tracing` statics of its own, so its events reach the host as plain data. Here they
//! become events of the host's subscriber, with their own level, target, file, line and field
//! names: the host's filter and format hold for them as for the host's events.

mod fields;
mod key;
mod site;
mod sites;

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::{logs, tail};

/// An event of a plugin.
#[derive(Debug, Clone, Copy)]
pub struct PluginRecord<'a> {
    /// Its level.
    pub level: Level,
    /// Its target, most often the path of a module.
    pub target: &'a str,
    /// Its message.
    pub message: &'a str,
    /// The file it stands in.
    pub file: Option<&'a str>,
    /// The line of that file.
    pub line: Option<u32>,
    /// The request id of the invocation it belongs to; becomes the field `request_id`.
    pub request_id: Option<&'a str>,
    /// The names of the spans it is in; becomes the field `span`.
    pub spans: Option<&'a str>,
    /// Its other fields. What is beyond 27, or comes after a name longer than 64 bytes, is written
    /// into one field `more`.
    pub fields: &'a [(&'a str, FieldValue<'a>)],
}

/// The value of a plugin's field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldValue<'a> {
    /// A signed number.
    I64(i64),
    /// An unsigned number.
    U64(u64),
    /// A number with a fraction.
    F64(f64),
    /// Yes or no.
    Bool(bool),
    /// Text.
    Str(&'a str),
    /// What the value's `Debug` or `Display` wrote.
    Debug(&'a str),
}

/// Logs a plugin's record, on the calling thread's dispatcher (the installed log, unless a test set
/// another one), unless its filter does not want the record; and appends it to the
/// [`Tail`](tail::Tail) of its request id, if there is one.
///
/// From any thread; never blocks on the log itself. Each distinct (level, target, file, line, field
/// names) takes some memory for good, so only the first 4096 of them in a process (13 MiB at the
/// very worst) have a call site of their own. Records beyond have the target `shim::plugin` and their
/// own as the field `plugin_target`, and all their fields in the field `more`.
pub fn emit(record: &PluginRecord<'_>) {
    let (site, whose) = sites::site_of(record);
    if site.is_enabled() {
        fields::dispatch(site, whose, record);
    }
    tail::hear(record);
}

/// Whether the installed log's filter wants events of this level and target; `false` before
/// [`init`](super::init).
pub fn enabled(level: Level, target: &str) -> bool {
    logs::filter().is_some_and(|filter| filter.would_enable(target, &level))
}

/// The most verbose level that the installed log's filter wants of any target; `OFF` before
/// [`init`](super::init).
pub fn max_level() -> LevelFilter {
    logs::filter().map_or(LevelFilter::OFF, most_verbose)
}

fn most_verbose(filter: &Targets) -> LevelFilter {
    let levels = filter.iter().map(|(_, level)| level);
    levels
        .chain(filter.default_level())
        .max()
        .unwrap_or(LevelFilter::OFF)
}

#[cfg(test)]
mod tests {
    use tracing::Level;
    use tracing_subscriber::filter::{LevelFilter, Targets};

    use super::super::logs::testing::{json, json_under};
    use super::{FieldValue, PluginRecord, emit};

    fn record<'a>(fields: &'a [(&'a str, FieldValue<'a>)]) -> PluginRecord<'a> {
        PluginRecord {
            level: Level::DEBUG,
            target: "orders::create",
            message: "made \"one\"",
            file: Some("src/create.rs"),
            line: Some(7),
            request_id: Some("r1"),
            spans: Some("request:db"),
            fields,
        }
    }

    #[test]
    fn a_record_is_an_event_with_its_own_target_level_and_fields() {
        let fields = [
            ("i", FieldValue::I64(-1)),
            ("u", FieldValue::U64(2)),
            ("f", FieldValue::F64(0.5)),
            ("on", FieldValue::Bool(true)),
            ("text", FieldValue::Str("a\nb")),
            ("shown", FieldValue::Debug("Some(1)")),
            ("request_id", FieldValue::Str("the plugin's")),
            ("level", FieldValue::Str("the plugin's")),
        ];
        let mut got = json(|| emit(&record(&fields)));
        got[0].as_object_mut().unwrap().remove("timestamp");
        let expected = serde_json::json!({
            "level": "DEBUG", "target": "orders::create", "message": "made \"one\"",
            "requestId": "r1", "i": -1, "u": 2, "f": 0.5, "on": true, "text": "a\nb",
            "shown": "Some(1)", "fields.requestId": "the plugin's",
            "fields.level": "the plugin's", "span": "request:db",
        });
        assert_eq!(got, [expected]);
    }

    #[test]
    fn what_is_unknown_is_left_out() {
        let bare = PluginRecord {
            file: None,
            line: None,
            request_id: None,
            spans: None,
            ..record(&[])
        };
        let got = json(|| emit(&bare));
        let mut keys: Vec<_> = got[0].as_object().unwrap().keys().collect();
        keys.sort_unstable();
        assert_eq!(keys, ["level", "message", "target", "timestamp"]);
    }

    #[test]
    fn the_hosts_filter_decides() {
        let filter = Targets::new()
            .with_target("orders", Level::INFO)
            .with_target("orders::create", Level::DEBUG);
        let other = PluginRecord {
            target: "orders::cancel",
            ..record(&[])
        };
        let got = json_under(filter.clone(), || {
            emit(&other);
            emit(&record(&[]));
            emit(&other);
        });
        assert_eq!(got.len(), 1);
        assert_eq!(got[0]["target"], "orders::create");
        assert_eq!(super::most_verbose(&filter), LevelFilter::DEBUG);
    }

    #[test]
    fn surplus_fields_stand_in_one() {
        let names: Vec<_> = (0..30).map(|number| format!("n{number}")).collect();
        let mut fields: Vec<_> = names
            .iter()
            .map(|name| (&**name, FieldValue::Bool(true)))
            .collect();
        fields[28].1 = FieldValue::Str("a b");
        let got = json(|| emit(&record(&fields)));
        assert_eq!(got[0]["n26"], true);
        assert_eq!(got[0].get("n27"), None);
        assert_eq!(got[0]["more"], "n27=true n28=\"a b\" n29=true");

        let long = "n".repeat(65);
        let fields = [("a", FieldValue::U64(1)), (&*long, FieldValue::U64(2))];
        let got = json(|| emit(&record(&fields)));
        assert_eq!(got[0]["a"], 1);
        assert_eq!(got[0]["more"], format!("{long}=2"));
    }

    #[test]
    fn a_record_too_long_to_be_kept_shares_a_site() {
        let target = "t".repeat(129);
        let fields = [("a", FieldValue::U64(1))];
        let long = PluginRecord {
            target: &target,
            ..record(&fields)
        };
        let got = json(|| emit(&long));
        assert_eq!(got[0]["target"], "shim::plugin");
        assert_eq!(got[0]["level"], "DEBUG");
        assert_eq!(got[0]["plugin_target"], target);
        assert_eq!(got[0]["more"], "a=1");
    }
}
