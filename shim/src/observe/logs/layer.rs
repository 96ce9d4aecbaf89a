//! Hears events and sends them on their way as lines.

use std::error::Error;
use std::fmt::{self, Debug};
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::super::invocation::{InvocationLine, TARGET};
use super::direct;
use super::encode::{Encode, Head, Value};
use super::line::Line;
use super::way::Way;

/// The subscriber's layer that makes lines of events. Spans are not its business.
pub(super) struct LogLayer {
    pub(super) encode: Arc<dyn Encode>,
    pub(super) way: Arc<dyn Way>,
    /// Invocations are wanted, and by nobody else: there need not be an event.
    pub(super) direct: bool,
}

/// A subscriber that does nothing but log.
///
/// Whoever adds a layer that hears events too has to set `direct` to `false`, or that layer misses
/// invocations. (What is returned hides its type, so that no layer that wants spans can be added.)
pub(super) fn subscriber(
    filter: Targets,
    encode: Arc<dyn Encode>,
    way: Arc<dyn Way>,
) -> impl Subscriber + Send + Sync {
    let layer = LogLayer {
        encode,
        way,
        direct: filter.would_enable(TARGET, &Level::INFO),
    };
    Registry::default().with(filter).with(layer)
}

impl LogLayer {
    /// Logs an invocation without an event, if that can be: whether it was.
    pub(super) fn invocation(&self, facts: &InvocationLine<'_>) -> bool {
        if !self.direct || !direct::is_ordinary(facts) {
            return false;
        }
        let mut known = false;
        Line::with(|line| {
            known = self.encode.invocation(line, facts);
            if known {
                self.way.push(&line.out, false);
            }
        });
        known
    }
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let encode = &*self.encode;
        Line::with(|line| {
            encode.begin(line, &Head::of(event.metadata()));
            let mut fields = Fields {
                encode,
                line,
                has_message: false,
            };
            event.record(&mut fields);
            if line.is_cut() {
                encode.field(line, "truncated", Value::Bool(true));
            }
            encode.finish(line);
            let urgent = *event.metadata().level() == Level::ERROR;
            self.way.push(&line.out, urgent);
        });
    }
}

struct Fields<'a> {
    encode: &'a dyn Encode,
    line: &'a mut Line,
    has_message: bool,
}

impl Fields<'_> {
    fn text(&mut self, field: &Field, text: &str) {
        if field.name() == "message" && !self.has_message {
            self.has_message = true;
            self.encode.message(self.line, text);
        } else {
            self.value(field, Value::Str(text));
        }
    }

    fn value(&mut self, field: &Field, value: Value<'_>) {
        self.encode.field(self.line, field.name(), value);
    }

    fn rendered(&mut self, field: &Field, value: &dyn Debug) {
        self.line.render(value);
        let text = std::mem::take(&mut self.line.text);
        self.text(field, &text);
        self.line.text = text;
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let value = self.line.afford(value);
        self.text(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.rendered(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.rendered(field, &Chain(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, Value::I64(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.value(field, Value::U64(value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.value(field, Value::I128(value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.value(field, Value::U128(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, Value::F64(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, Value::Bool(value));
    }
}

/// An error with its sources: `what: why: why that`.
struct Chain<'a>(&'a (dyn Error + 'static));

impl Debug for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tracing::info;

    use super::super::line::MAX_TEXT;
    use super::super::testing::json;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot start")]
    struct Outer(#[source] io::Error);

    #[test]
    fn an_error_is_told_with_its_sources() {
        let outer = Outer(io::Error::other("no memory"));
        let error: &(dyn std::error::Error + 'static) = &outer;
        let got = json(|| info!(error, "m"));
        assert_eq!(got[0]["error"], "cannot start: no memory");
    }

    #[test]
    fn an_endless_event_is_cut_and_says_so() {
        let long = "é".repeat(MAX_TEXT);
        let got = json(|| {
            info!(long, debug = ?long, "m");
            info!("short");
        });
        assert_eq!(got[0]["long"].as_str().unwrap().len(), MAX_TEXT - 2);
        assert_eq!(got[0]["truncated"], true);
        assert_eq!(got[1].get("truncated"), None);
    }
}
