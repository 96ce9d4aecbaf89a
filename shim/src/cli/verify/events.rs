//! The events that are sent: one in each file of a folder.

use std::io;
use std::path::Path;

use bytes::Bytes;

use super::function::Function;
use super::web::WebRequest;
use crate::exit::BadData;
use crate::invocation::json;
use crate::plugin::preflight::EventKind;

/// The largest event in bytes: what the Invoke API takes.
const MAX_EVENT: u64 = 6 * 1024 * 1024 - 1;

/// The most events: all their answers are kept until the end.
const MAX_EVENTS: usize = 1000;

/// An event.
pub(super) struct Event {
    /// The name of its file.
    pub(super) name: String,
    /// What it is.
    pub(super) bytes: Bytes,
    pub(super) over_http: OverHttp,
}

/// What it is over plain HTTP.
pub(super) enum OverHttp {
    /// The body of a request.
    Body,
    /// The request that a gateway has made an event of.
    Request(Box<WebRequest>),
    /// Nothing: the handler takes requests, and it is none.
    Nothing,
}

/// Reads the events in a folder, in the order of their names. Files whose names begin with a dot,
/// and folders, are passed over.
pub(super) fn read(folder: &Path, function: &Function) -> anyhow::Result<Vec<Event>> {
    let unreadable = |path: &Path, error: &io::Error| {
        let message = format!("cannot read the events: {}: {error}", path.display());
        BadData::new(message, "--events is a folder with an event in each file")
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        let name = path.file_name().unwrap_or_default();
        if !name.as_encoded_bytes().starts_with(b".") && path.is_file() {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        let message = format!("there are no events in {}", folder.display());
        let hint = "put an event in a file there: echo '{}' > events/empty.json";
        return Err(BadData::new(message, hint).into());
    }
    if paths.len() > MAX_EVENTS {
        let message = format!(
            "{} holds {} files; at most {MAX_EVENTS} events are sent at once",
            folder.display(),
            paths.len()
        );
        return Err(BadData::new(message, "verify a part of them in a folder of its own").into());
    }
    paths.sort();
    let mut events = Vec::with_capacity(paths.len());
    for path in paths {
        let read = std::fs::metadata(&path).and_then(|file| match file.len() {
            0..=MAX_EVENT => std::fs::read(&path),
            size => Err(io::Error::other(format!(
                "it has {size} bytes, an event at most {MAX_EVENT}"
            ))),
        });
        let bytes = read.map_err(|error| unreadable(&path, &error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        events.push(Event::new(name.into_owned(), bytes.into(), function));
    }
    Ok(events)
}

impl Event {
    fn new(name: String, bytes: Bytes, function: &Function) -> Self {
        let over_http = match function.kind {
            EventKind::Json | EventKind::Bytes => OverHttp::Body,
            EventKind::Http => match WebRequest::of(&bytes, function.ignores_stage()) {
                Some(request) => OverHttp::Request(Box::new(request)),
                None => OverHttp::Nothing,
            },
        };
        Self {
            name,
            bytes,
            over_http,
        }
    }

    /// What Lambda hands on: of an invocation without an event, an empty object.
    pub(super) fn for_lambda(&self) -> Bytes {
        match self.bytes.is_empty() {
            true => Bytes::from_static(b"{}"),
            false => self.bytes.clone(),
        }
    }

    /// Whether the Invoke API takes it.
    pub(super) fn is_json(&self) -> bool {
        self.bytes.is_empty() || json::check(&self.bytes).is_ok()
    }
}
