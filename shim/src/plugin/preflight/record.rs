//! What a plugin says of itself in its `.shim.info` section.
//!
//! The section is a list of JSON objects, each followed by a line feed. The linker joins them from
//! all over the plugin, in any order, perhaps with zero bytes between. Each object names its kind
//! as `record`: one `handler` for each handler, any number of `info`; other kinds and keys may
//! come with later versions and are passed over.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::version::{ABI_VERSION, Version};
use crate::plugin::LoadError;

/// The longest name of a handler or an error, in bytes.
const MAX_NAME: usize = 128;

/// A handler, as its plugin describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandlerInfo {
    /// Its name, unique in the plugin.
    pub name: String,
    /// Its documentation comment.
    #[serde(default)]
    pub doc: String,
    /// What it takes.
    pub event: EventKind,
    /// It has a lifecycle: state that is started and stopped.
    #[serde(default)]
    pub lifecycle: bool,
    /// It is an `async fn`.
    #[serde(default, rename = "async")]
    pub is_async: bool,
    /// The names of the errors that it declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}

/// What a handler takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// An event in JSON.
    Json,
    /// An event of any bytes.
    Bytes,
    /// An HTTP request.
    Http,
}

/// How a panic of the plugin ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PanicStrategy {
    /// It is caught, and the invocation fails.
    Unwind,
    /// The process ends.
    Abort,
}

/// The package that a plugin was built from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its description, or nothing.
    pub description: String,
}

/// The section, read and found in order.
pub(super) struct Records {
    pub(super) abi: Version,
    pub(super) plugin_api: String,
    pub(super) panic: PanicStrategy,
    pub(super) compiler: Option<String>,
    pub(super) package: Package,
    /// In the order of their names.
    pub(super) handlers: Vec<HandlerInfo>,
    /// The fingerprint of the ABI's types, if all handlers were built with the same.
    pub(super) layout: Option<String>,
    /// The author's keys of the info.
    pub(super) extra: Map<String, Value>,
}

/// What every record says, and what is looked at before anything else.
#[derive(Deserialize)]
struct Kind {
    record: String,
    #[serde(default)]
    name: Value,
    #[serde(default)]
    abi: Value,
    #[serde(default)]
    layout: Value,
}

/// A record of the kind `handler`, beside its [`HandlerInfo`]: the same in all of a plugin.
#[derive(Deserialize)]
struct Built {
    #[serde(default)]
    plugin_api: String,
    panic: PanicStrategy,
    #[serde(default)]
    compiler: Option<String>,
    #[serde(default)]
    package: Package,
    #[serde(default)]
    layout: Option<String>,
}

/// Reads the bytes of the section of the file at `path`.
pub(super) fn read(path: &Path, section: &[u8]) -> Result<Records, LoadError> {
    let damaged = |reason: String| LoadError::DamagedInfo {
        path: path.to_owned(),
        reason,
    };
    // Zero bytes are padding; JSON itself never has one.
    let text = std::str::from_utf8(section);
    let text = text
        .map_err(|error| damaged(error.to_string()))?
        .replace('\0', " ");
    let (records, extra) = split(&text).map_err(damaged)?;
    // The rest is the same in all records of one plugin.
    let name = |(kind, _): &&(Kind, &str)| kind.name.as_str().map(str::to_owned);
    let Some((kind, first)) = records.iter().min_by_key(name) else {
        return Err(LoadError::ExportsNoHandler {
            path: path.to_owned(),
        });
    };
    // First of all: another version may describe its handlers in other words.
    let abi = check_versions(path, &records)?;

    let handlers = records.iter().map(|(kind, record)| parse(kind, record));
    let mut handlers = handlers.collect::<Result<Vec<_>, _>>().map_err(damaged)?;
    handlers.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    for pair in handlers.windows(2) {
        if pair[0].name == pair[1].name {
            return Err(LoadError::DuplicateHandler {
                path: path.to_owned(),
                handler: pair[0].name.clone(),
            });
        }
    }
    let built = serde_json::from_str::<Built>(first);
    let built = built.map_err(|error| damaged(format!("{}: {error}", subject(kind))))?;
    // A handler from a library may be built with another version of the ABI.
    let one_layout = records.iter().all(|(other, _)| other.layout == kind.layout);
    Ok(Records {
        abi,
        plugin_api: built.plugin_api,
        panic: built.panic,
        compiler: built.compiler,
        layout: built.layout.filter(|_| one_layout),
        package: built.package,
        handlers,
        extra,
    })
}

/// The handlers' records, and the keys of all info records.
type Split<'a> = (Vec<(Kind, &'a str)>, Map<String, Value>);

fn split(text: &str) -> Result<Split<'_>, String> {
    let (mut handlers, mut extra) = (Vec::new(), Map::new());
    let mut kinds = serde_json::Deserializer::from_str(text).into_iter::<Kind>();
    let mut begin = 0;
    while let Some(kind) = kinds.next() {
        let kind = kind.map_err(|error| match error.is_data() {
            true => format!("what is no `record` of any kind: {error}"),
            false => error.to_string(),
        })?;
        let end = kinds.byte_offset();
        let record = text.get(begin..end).unwrap_or_default();
        begin = end;
        match &*kind.record {
            "handler" => handlers.push((kind, record)),
            "info" => {
                let keys = serde_json::from_str::<Map<_, _>>(record);
                extra.extend(keys.map_err(|error| error.to_string())?);
                extra.remove("record");
            }
            _ => {}
        }
    }
    Ok((handlers, extra))
}

/// The ABI version of the plugin: the highest of its handlers', once all fit.
fn check_versions(path: &Path, records: &[(Kind, &str)]) -> Result<Version, LoadError> {
    let mut highest = None;
    let mut misfit = None;
    for (kind, _) in records {
        let version = kind.abi.as_str().unwrap_or_default();
        let version = version
            .parse::<Version>()
            .map_err(|error| LoadError::DamagedInfo {
                path: path.to_owned(),
                reason: format!("{}: `abi`: {error}", subject(kind)),
            })?;
        highest = highest.max(Some(version));
        if !ABI_VERSION.fits(version) {
            misfit = misfit.max(Some(version));
        }
    }
    match misfit {
        Some(theirs) => Err(LoadError::IncompatibleAbi {
            path: path.to_owned(),
            theirs,
            ours: ABI_VERSION,
        }),
        None => Ok(highest.unwrap_or(ABI_VERSION)),
    }
}

fn parse(kind: &Kind, record: &str) -> Result<HandlerInfo, String> {
    let handler = serde_json::from_str::<HandlerInfo>(record);
    let handler = handler.map_err(|error| format!("{}: {error}", subject(kind)))?;
    let name = &handler.name;
    if !is_name(name) {
        return Err(format!("{name:?} cannot be a handler's name"));
    }
    if let Some(error) = handler.errors.iter().find(|error| !is_name(error)) {
        return Err(format!(
            "{}: {error:?} cannot be an error's name",
            subject(kind)
        ));
    }
    Ok(handler)
}

/// Whether it can stand in a line of text as one word.
fn is_name(name: &str) -> bool {
    let printable = !name.contains(|c: char| c.is_control() || c.is_whitespace());
    printable && !name.is_empty() && name.len() <= MAX_NAME
}

/// How a handler is called in messages about its record.
fn subject(kind: &Kind) -> String {
    match kind.name.as_str() {
        Some(name) => format!("handler `{}`", name.escape_debug()),
        None => "a handler".to_owned(),
    }
}

/// The plugin's info: what the package says, what the author adds, and the handlers.
pub(super) fn info(
    package: &Package,
    extra: &Map<String, Value>,
    handlers: &[HandlerInfo],
) -> Map<String, Value> {
    let mut info = Map::new();
    info.insert("name".to_owned(), package.name.as_str().into());
    info.insert("version".to_owned(), package.version.as_str().into());
    info.insert("doc".to_owned(), package.description.as_str().into());
    info.extend(extra.clone());
    let handlers = handlers.iter();
    let handlers = handlers.map(|h| {
        let mut handler = json!({"name": h.name, "doc": h.doc, "event": h.event});
        if !h.errors.is_empty() {
            handler["errors"] = h.errors.as_slice().into();
        }
        handler
    });
    info.insert("handlers".to_owned(), handlers.collect());
    info
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use super::{EventKind, LoadError, Package, PanicStrategy, Records, info, read};

    fn handler(name: &str) -> Value {
        json!({
            "record": "handler", "name": name, "doc": "Says hello.", "event": "json",
            "lifecycle": false, "async": true, "abi": "1.0.0", "plugin_api": "0.1.0",
            "panic": "unwind",
            "package": {"name": "greeter", "version": "0.2.0", "description": "Greets."},
        })
    }

    fn with(mut record: Value, key: &str, value: impl Into<Value>) -> Value {
        record[key] = value.into();
        record
    }

    fn read_all(records: &[Value]) -> Result<Records, LoadError> {
        let section: String = records.iter().map(|record| format!("{record}\n")).collect();
        read(Path::new("x.so"), section.as_bytes())
    }

    fn reason(records: &[Value]) -> String {
        match read_all(records) {
            Err(LoadError::DamagedInfo { reason, .. }) => reason,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("no error"),
        }
    }

    #[test]
    fn handlers_stand_in_the_order_of_their_names() {
        let web = with(with(handler("a.web"), "event", "http"), "panic", "abort");
        let records = read_all(&[handler("b"), web]).unwrap();
        let names: Vec<_> = records.handlers.iter().map(|h| h.name.as_str()).collect();
        assert_eq!(names, ["a.web", "b"]);
        assert_eq!(records.handlers[0].event, EventKind::Http);
        assert_eq!(records.panic, PanicStrategy::Abort);
        let handler = &records.handlers[1];
        assert!(handler.is_async && !handler.lifecycle && handler.doc == "Says hello.");
    }

    #[test]
    fn info_is_the_package_then_the_authors_keys_then_the_handlers() {
        let extra = json!({"record": "info", "doc": "Better words.", "team": {"mail": "a@b"}});
        let records = read_all(&[extra, handler("hello")]).unwrap();
        let expected = json!({
            "name": "greeter", "version": "0.2.0", "doc": "Better words.",
            "team": {"mail": "a@b"},
            "handlers": [{"name": "hello", "doc": "Says hello.", "event": "json"}],
        });
        let info = info(&records.package, &records.extra, &records.handlers);
        assert_eq!(Value::Object(info), expected);
    }

    #[test]
    fn declared_errors_stand_in_the_info_in_their_order() {
        let declares = with(handler("hello"), "errors", json!(["OutOfStock", "A.b"]));
        let records = read_all(&[declares, handler("other")]).unwrap();
        assert_eq!(records.handlers[0].errors, ["OutOfStock", "A.b"]);
        assert!(records.handlers[1].errors.is_empty());
        let info = info(&records.package, &records.extra, &records.handlers);
        let handlers = &info["handlers"];
        assert_eq!(handlers[0]["errors"], json!(["OutOfStock", "A.b"]));
        assert_eq!(handlers[1].get("errors"), None);
        let two_words = with(handler("hello"), "errors", json!(["out of stock"]));
        let expected = "handler `hello`: \"out of stock\" cannot be an error's name";
        assert_eq!(reason(&[two_words]), expected);
    }

    #[test]
    fn padding_and_what_later_versions_add_are_passed_over() {
        let later = json!({"record": "metric", "name": 7});
        let section = format!("\0\0{}\n\0\0\0{later}\n\0", with(handler("x"), "new", true));
        let records = read(Path::new("x.so"), section.as_bytes()).unwrap();
        assert_eq!(records.handlers.len(), 1);
        let least = json!({
            "record": "handler", "name": "x", "event": "bytes", "abi": "1.4.0", "panic": "unwind"
        });
        let records = read_all(&[least]).unwrap();
        assert_eq!(
            (records.abi.minor, records.package),
            (4, Package::default())
        );
    }

    #[test]
    fn no_handler_is_an_error_of_its_own() {
        for section in ["", "\0\0", "{\"record\":\"info\",\"a\":1}\n"] {
            let error = read(Path::new("x.so"), section.as_bytes()).err().unwrap();
            assert!(
                matches!(error, LoadError::ExportsNoHandler { .. }),
                "{error}"
            );
            assert_eq!(error.to_string(), "x.so exports no handler");
        }
    }

    #[test]
    fn the_farthest_version_that_does_not_fit_is_told_before_anything_else() {
        let future = with(with(handler("b"), "abi", "3.1.0"), "event", "telepathy");
        let records = [handler("a"), with(handler("c"), "abi", "2.0.0"), future];
        let error = read_all(&records).err().unwrap();
        let expected = "x.so was built against plugin ABI 3.1.0, this shim speaks 1.0.0";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn the_layout_is_that_of_all_handlers_or_unknown() {
        let built = |name: &str, layout: &str| with(handler(name), "layout", layout);
        let layout = |records: &[Value]| read_all(records).unwrap().layout;
        let same = layout(&[built("a", "0f"), built("b", "0f")]);
        assert_eq!(same.as_deref(), Some("0f"));
        assert_eq!(layout(&[built("a", "0f"), built("b", "f0")]), None);
        assert_eq!(layout(&[built("a", "0f"), handler("b")]), None);
        assert_eq!(layout(&[handler("a"), handler("b")]), None);
    }

    #[test]
    fn damage_is_told_with_its_place() {
        let text = read(Path::new("x.so"), b"{\"record\":\"handler\",")
            .err()
            .unwrap()
            .to_string();
        assert!(
            text.starts_with("the `.shim.info` section of x.so is damaged: EOF"),
            "{text}"
        );
        assert!(reason(&[json!({"name": "x"})]).contains("`record`"));
        assert!(reason(&[json!([1, 2])]).contains("invalid type"));
        let no_panic = with(handler("x"), "panic", Value::Null);
        assert!(reason(&[no_panic]).starts_with("handler `x`: "));
        let unknown = reason(&[with(handler("x"), "event", "telepathy")]);
        assert!(
            unknown.starts_with("handler `x`: unknown variant `telepathy`"),
            "{unknown}"
        );
        let version = reason(&[with(handler("x"), "abi", "one")]);
        assert_eq!(
            version,
            "handler `x`: `abi`: `one` is not a version of the form 1.2.3"
        );
        assert!(reason(&[handler("a\u{1b}[31m")]).contains(r#""a\u{1b}[31m""#));
        assert!(reason(&[handler("")]).contains("cannot be a handler's name"));
    }

    #[test]
    fn a_name_can_be_had_once() {
        let error = read_all(&[handler("x"), handler("y"), handler("x")])
            .err()
            .unwrap();
        assert_eq!(error.to_string(), "x.so has two handlers named `x`");
    }

    #[test]
    fn deep_nesting_is_damage_and_no_overflow() {
        let section = "{\"record\":\"info\",\"a\":".to_owned() + &"[".repeat(500_000);
        let error = read(Path::new("x.so"), section.as_bytes()).err().unwrap();
        assert!(matches!(error, LoadError::DamagedInfo { .. }), "{error}");
    }
}
