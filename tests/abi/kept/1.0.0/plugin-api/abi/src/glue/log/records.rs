//! Records of the `log` crate. Not by way of `tracing-log`, which loses their file and line.

use abi_stable::std_types::{RSlice, RStr};
use log::{LevelFilter, Log, Metadata, Record};

use crate::glue::scope;
use crate::types::{AbiLevel, HostApiRef, LogRecord};

struct Forward(HostApiRef);

/// Makes the host the `log` crate's logger.
pub(super) fn install(host: HostApiRef) {
    if log::set_boxed_logger(Box::new(Forward(host))).is_ok() {
        log::set_max_level(match host.max_level()() {
            0 => LevelFilter::Off,
            1 => LevelFilter::Error,
            2 => LevelFilter::Warn,
            3 => LevelFilter::Info,
            4 => LevelFilter::Debug,
            _ => LevelFilter::Trace,
        });
    }
}

impl Log for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.enabled()(
            metadata.level() as AbiLevel,
            RStr::from_str(metadata.target()),
        )
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let formatted;
        let message = match record.args().as_str() {
            Some(text) => text,
            None => {
                formatted = record.args().to_string();
                &formatted
            }
        };
        let invocation = scope::current();
        let request_id = invocation
            .as_ref()
            .map_or("", |invocation| invocation.request_id());
        self.0.log()(&LogRecord {
            level: record.level() as AbiLevel,
            line: record.line().unwrap_or_default(),
            target: RStr::from_str(record.target()),
            message: RStr::from_str(message),
            file: RStr::from_str(record.file().unwrap_or_default()),
            function: RStr::from_str(invocation.as_ref().map_or("", |one| &one.function.name)),
            request_id: RStr::from_str(request_id),
            spans: RStr::from_str(""),
            fields: RSlice::EMPTY,
        });
    }

    fn flush(&self) {}
}
