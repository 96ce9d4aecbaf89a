//! The plugin's `tracing` subscriber: a registry of spans, and a layer that forwards events.

use std::sync::Arc;

use abi_stable::std_types::{RSlice, RStr};
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::{Event, Interest, Level, LevelFilter, Metadata, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, Layered, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use super::fields::{EventFields, SpanFields};
use crate::glue::scope;
use crate::types::{AbiLevel, HostApiRef, LogRecord};

/// The name of the span that stands for an invocation in the author's own tasks.
const ROOT_SPAN: &str = "invocation";

fn level_number(level: Level) -> AbiLevel {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

/// Forwards events, with the spans around them and the request id of their invocation.
struct Forward(HostApiRef);

impl Forward {
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.is_span() && metadata.target() == module_path!();
        ours || self.0.enabled()(level_number(*metadata.level()), metadata.target().into())
    }
}

/// What is kept of a span.
struct SpanText {
    fields: String,
    origin: Option<Origin>,
}

/// Which function and which invocation a span belongs to.
#[derive(Clone)]
struct Origin {
    function: &'static str,
    request_id: Arc<str>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Forward {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match self.0.max_level()() {
            0 => LevelFilter::OFF,
            1 => LevelFilter::ERROR,
            2 => LevelFilter::WARN,
            3 => LevelFilter::INFO,
            4 => LevelFilter::DEBUG,
            _ => LevelFilter::TRACE,
        })
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = SpanFields::default();
        attributes.record(&mut fields);
        // The thread knows its invocation; a task of the author's knows it by the parent span.
        let origin = match scope::current() {
            Some(invocation) => Some(Origin {
                function: &invocation.function.name,
                request_id: Arc::from(invocation.request_id()),
            }),
            None => span.parent().and_then(|parent| {
                parent
                    .extensions()
                    .get::<SpanText>()
                    .and_then(|text| text.origin.clone())
            }),
        };
        span.extensions_mut().insert(SpanText {
            fields: fields.0,
            origin,
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // The author's `Debug` runs here, which may panic or log: never under the span's lock.
        let mut fields = SpanFields::default();
        values.record(&mut fields);
        if let Some(text) = span.extensions_mut().get_mut::<SpanText>() {
            if !text.fields.is_empty() {
                text.fields.push(' ');
            }
            text.fields.push_str(&fields.0);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = EventFields::default();
        event.record(&mut fields);
        let mut spans = String::new();
        let mut from_span = None;
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            let extensions = span.extensions();
            let text = extensions.get::<SpanText>();
            from_span = text.and_then(|text| text.origin.clone()).or(from_span);
            if span.metadata().target() == module_path!() {
                continue;
            }
            if !spans.is_empty() {
                spans.push(':');
            }
            spans.push_str(span.name());
            if let Some(text) = text.filter(|text| !text.fields.is_empty()) {
                spans.push('{');
                spans.push_str(&text.fields);
                spans.push('}');
            }
        }
        let invocation = scope::current();
        let (function, request_id) = match (&invocation, &from_span) {
            (Some(invocation), _) => (invocation.function.name.as_str(), invocation.request_id()),
            (None, Some(origin)) => (origin.function, &*origin.request_id),
            (None, None) => ("", ""),
        };
        let metadata = event.metadata();
        let lent = fields.lend();
        self.0.log()(&LogRecord {
            level: level_number(*metadata.level()),
            line: metadata.line().unwrap_or_default(),
            target: RStr::from_str(metadata.target()),
            message: RStr::from_str(&fields.message),
            file: RStr::from_str(metadata.file().unwrap_or_default()),
            function: RStr::from_str(function),
            request_id: RStr::from_str(request_id),
            spans: RStr::from_str(&spans),
            fields: RSlice::from_slice(&lent),
        });
    }
}

/// The subscriber: as a registry with the layer, but for the current span of an invocation.
///
/// A task that a handler spawns knows nothing of the thread it was spawned from. The usual way to
/// give it the handler's context is `.in_current_span()`; so that this works also where the author
/// opened no span, one is made for the invocation when it is first asked for.
pub(super) struct PluginSubscriber(Layered<Forward, Registry>);

impl PluginSubscriber {
    pub(super) fn new(host: HostApiRef) -> Self {
        Self(Registry::default().with(Forward(host)))
    }
}

impl Subscriber for PluginSubscriber {
    fn current_span(&self) -> Current {
        let current = self.0.current_span();
        if current.id().is_some() {
            return current;
        }
        let Some(invocation) = scope::current() else {
            return current;
        };
        let span = invocation
            .root_span
            .get_or_init(|| tracing::error_span!(parent: None, ROOT_SPAN));
        match (span.id(), span.metadata()) {
            (Some(id), Some(metadata)) => Current::new(id, metadata),
            _ => current,
        }
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.0.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.0.max_level_hint()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.0.new_span(span)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.0.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.0.record_follows_from(span, follows);
    }

    fn event(&self, event: &Event<'_>) {
        self.0.event(event);
    }

    fn enter(&self, span: &Id) {
        self.0.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.0.exit(span);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.0.clone_span(id)
    }

    fn try_close(&self, id: Id) -> bool {
        self.0.try_close(id)
    }
}
