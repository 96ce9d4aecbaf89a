//! The event that is sent.

use std::io::{self, Read};

use bytes::Bytes;
use clap::ArgMatches;

use super::examples;
use crate::exit::BadData;

/// The longest event, in bytes: more than any endpoint takes, so that it can say so itself.
const MAX_EVENT: u64 = 16 * 1024 * 1024;

/// The event that was given; none is no bytes, which the API takes for `{}`.
pub(super) fn read(matches: &ArgMatches) -> Result<Bytes, BadData> {
    let text = |name: &str| matches.get_one::<String>(name);
    if let Some(data) = text("data") {
        return Ok(Bytes::from(data.clone()));
    }
    if let Some(name) = text("data-example") {
        let example = examples::find(name).map(|example| example.event);
        return Ok(Bytes::from_static(example.unwrap_or_default().as_bytes()));
    }
    match text("data-file").map(String::as_str) {
        None => Ok(Bytes::new()),
        Some("-") => whole("standard input", io::stdin().lock()),
        Some(path) => match std::fs::File::open(path) {
            Ok(file) => whole(path, file),
            Err(error) => Err(unreadable(path, &error)),
        },
    }
}

fn whole(name: &str, source: impl Read) -> Result<Bytes, BadData> {
    let mut bytes = Vec::new();
    let read = source.take(MAX_EVENT + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(name, &error))?;
    if bytes.len() as u64 > MAX_EVENT {
        let message = format!("the event in {name} is longer than 16 MiB");
        let hint = "Lambda takes up to 6 MiB, and 1 MiB with --type event";
        return Err(BadData::new(message, hint));
    }
    Ok(bytes.into())
}

fn unreadable(name: &str, error: &io::Error) -> BadData {
    let message = format!("cannot read the event from {name}: {error}");
    let hint = "--data '{…}' takes an event as it is, --data-example one of \
                `shim invoke --list-examples`";
    BadData::new(message, hint)
}
