//! A host in few lines, over the very table that a plugin exports.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::HashMap;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use abi_stable::prefix_type::WithMetadata;
use abi_stable::std_types::{ROption, RResult, RSlice, RStr};
use bytes::Bytes;
use plugin_api_abi::bytes::AbiBytes;
use plugin_api_abi::fault::Fault;
use plugin_api_abi::fields::{FieldsWriter, tag};
use plugin_api_abi::glue::entry::{Entry, EntryError, Response, ResponseBody};
use plugin_api_abi::glue::export::header;
use plugin_api_abi::glue::own_thread::block_on;
use plugin_api_abi::types::{
    AbiCall, AbiLevel, AbiReply, AbiRequest, AbiRun, HandlerModRef, HostApi, HostApiRef,
    KIND_ERROR, KIND_EVENT, LogField, LogRecord, RawHandler, RawInstance,
};

/// What the author's code of a test counts, by the name of the function.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) started: AtomicU32,
    pub(crate) stopped: AtomicU32,
    /// Instances dropped.
    pub(crate) dropped: AtomicU32,
    /// Runs that were dropped or came to their end.
    pub(crate) ended: AtomicU32,
}

impl Counts {
    pub(crate) fn of(function: &str) -> Arc<Self> {
        static ALL: Mutex<Option<HashMap<String, Arc<Counts>>>> = Mutex::new(None);
        let mut all = ALL.lock().unwrap();
        let all = all.get_or_insert_default();
        all.entry(function.to_owned()).or_default().clone()
    }

    pub(crate) fn add(count: &AtomicU32) {
        count.fetch_add(1, Ordering::SeqCst);
    }

    /// Started, stopped, dropped.
    pub(crate) fn instances(&self) -> [u32; 3] {
        [&self.started, &self.stopped, &self.dropped].map(|count| count.load(Ordering::SeqCst))
    }
}

/// Counts a run when it goes.
pub(crate) struct Ended(pub(crate) Arc<Counts>);

impl Drop for Ended {
    fn drop(&mut self) {
        Counts::add(&self.0.ended);
    }
}

/// The error of the tests' handlers.
pub(crate) struct TestError(pub(crate) Fault);

impl EntryError for TestError {
    fn fault(&self) -> Fault {
        self.0.clone()
    }

    fn from_fault(fault: Fault) -> Self {
        Self(fault)
    }
}

pub(crate) fn answer(body: impl Into<Bytes>) -> Response {
    Response {
        kind: KIND_EVENT,
        fields: FieldsWriter::default(),
        body: ResponseBody::Full(body.into().into()),
    }
}

/// A record as the host got it.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) level: AbiLevel,
    pub(crate) line: u32,
    pub(crate) target: String,
    pub(crate) message: String,
    pub(crate) file: String,
    pub(crate) request_id: String,
    pub(crate) spans: String,
    /// Name, kind, number, text.
    pub(crate) fields: Vec<(String, u32, u64, String)>,
}

pub(crate) static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());
/// How often the host was asked whether it wants something.
pub(crate) static ASKED: AtomicU32 = AtomicU32::new(0);

/// Wants everything up to `debug` but for the target `muted`.
pub(crate) const HOST: HostApiRef = {
    const TABLE: &WithMetadata<HostApi> = &WithMetadata::new(HostApi {
        max_level,
        enabled,
        log,
    });
    HostApiRef(TABLE.static_as_prefix())
};

extern "C" fn max_level() -> AbiLevel {
    4
}

extern "C" fn enabled(level: AbiLevel, target: RStr<'_>) -> bool {
    ASKED.fetch_add(1, Ordering::SeqCst);
    level <= 4 && target != "muted"
}

extern "C" fn log(record: &LogRecord<'_>) {
    let field = |field: &LogField<'_>| {
        (
            field.name.to_string(),
            field.kind,
            field.num,
            field.text.to_string(),
        )
    };
    let line = Line {
        level: record.level,
        line: record.line,
        target: record.target.to_string(),
        message: record.message.to_string(),
        file: record.file.to_string(),
        request_id: record.request_id.to_string(),
        spans: record.spans.to_string(),
        fields: record.fields.iter().map(field).collect(),
    };
    LINES.lock().unwrap().push(line);
}

/// The table that a plugin with the handler `E` exports.
pub(crate) fn table<E: Entry>() -> HandlerModRef {
    let header = Box::leak(Box::new(header::<E>()));
    // SAFETY: (I3) made of this crate's own types.
    unsafe { header.unchecked_layout::<HandlerModRef>() }.unwrap()
}

/// Attaches with these settings; the first call in a process counts.
pub(crate) fn attach(table: HandlerModRef, stack_traces: bool) {
    let mut fields = FieldsWriter::default();
    fields.put(tag::THREADS, &2_u32.to_le_bytes());
    fields.put(tag::STACK_TRACES, &[u8::from(stack_traces)]);
    match table.attach()(HOST, fields.finish()) {
        RResult::ROk(()) => {}
        RResult::RErr(error) => panic!("{:?}", Fault::from(error)),
    }
}

/// A handler, initialised for a function.
pub(crate) struct Loaded<E> {
    table: HandlerModRef,
    raw: RawHandler,
    entry: PhantomData<fn() -> E>,
}

impl<E: Entry> Loaded<E> {
    pub(crate) fn load(function: &str) -> Result<Self, Fault> {
        attach(table::<E>(), false);
        Self::init(function)
    }

    /// The same in a plugin that is attached.
    pub(crate) fn init(function: &str) -> Result<Self, Fault> {
        let table = table::<E>();
        let mut fields = FieldsWriter::default();
        fields.put(tag::FUNCTION_NAME, function.as_bytes());
        match block_on(table.init()(fields.finish())) {
            RResult::ROk(raw) => Ok(Self {
                table,
                raw,
                entry: PhantomData,
            }),
            RResult::RErr(error) => Err(error.into()),
        }
    }

    /// An instance, and the error of its start.
    pub(crate) fn start(&self) -> (RawInstance, Option<Fault>) {
        // SAFETY: (I7) `raw` comes from `init` and is released in drop only.
        let started =
            block_on(unsafe { self.table.start()(self.raw, abi_stable::std_types::RVec::new()) });
        (
            started.instance,
            started.failed.into_option().map(Fault::from),
        )
    }

    /// Begins a run. `instance` is not stopped before the run is done.
    pub(crate) fn run(&self, instance: RawInstance, place: u32, event: &'static str) -> Run {
        self.run_as("", instance, place, event)
    }

    pub(crate) fn run_as(
        &self,
        id: &str,
        instance: RawInstance,
        place: u32,
        event: &'static str,
    ) -> Run {
        let mut fields = FieldsWriter::default();
        fields.put(tag::REQUEST_ID, id.as_bytes());
        let request = AbiRequest {
            kind: KIND_EVENT,
            place,
            deadline_unix_ms: 0,
            fields: fields.finish(),
            body: AbiBytes::from(Bytes::from_static(event.as_bytes())),
            stream: ROption::RNone,
        };
        // SAFETY: (I7) as above; the tests keep instances until their runs are done.
        Run(unsafe { self.table.run()(self.raw, instance, request) })
    }

    /// Runs with the first poll in the call. `instance` is not stopped before the run is done.
    pub(crate) fn run_inline(
        &self,
        id: &str,
        instance: RawInstance,
        event: &'static str,
    ) -> RResult<AbiReply, Run> {
        let mut fields = FieldsWriter::default();
        fields.put(tag::REQUEST_ID, id.as_bytes());
        self.call(instance, |call| AbiCall {
            fields: fields.as_slice().into(),
            body: AbiBytes::from(Bytes::from_static(event.as_bytes())),
            ..call
        })
    }

    /// Runs what `fill` makes of an empty call.
    pub(crate) fn call<'a>(
        &self,
        instance: RawInstance,
        fill: impl FnOnce(AbiCall<'a>) -> AbiCall<'a>,
    ) -> RResult<AbiReply, Run> {
        let mut call = fill(AbiCall {
            kind: KIND_EVENT,
            version: 0,
            deadline_unix_ms: 0,
            fields: RSlice::EMPTY,
            method: RStr::empty(),
            uri: RStr::empty(),
            headers: RSlice::EMPTY,
            body: AbiBytes::empty(),
            stream: ROption::RNone,
        });
        let run_inline = self.table.run_inline().unwrap();
        // SAFETY: (I7) as above.
        unsafe { run_inline(self.raw, instance, &mut call) }.map_err(Run)
    }

    pub(crate) fn stop(&self, instance: RawInstance) -> Result<(), Fault> {
        // SAFETY: (I7) the tests do not use an instance after this.
        let stopping =
            unsafe { self.table.stop()(self.raw, instance, abi_stable::std_types::RVec::new()) };
        block_on(stopping).into_result().map_err(Fault::from)
    }

    /// Begins to stop an instance, and leaves it to others to see it done.
    pub(crate) fn stop_later(&self, instance: RawInstance) {
        // SAFETY: (I7) the tests do not use an instance after this.
        let stopping =
            unsafe { self.table.stop()(self.raw, instance, abi_stable::std_types::RVec::new()) };
        std::thread::spawn(move || block_on(stopping));
    }

    /// A run from start to stop.
    pub(crate) fn once(&self, place: u32, event: &'static str) -> Result<Bytes, Fault> {
        let (instance, failed) = self.start();
        assert_eq!(failed, None);
        let result = self.run(instance, place, event).end();
        self.stop(instance).unwrap();
        result
    }

    pub(crate) fn table(&self) -> HandlerModRef {
        self.table
    }
}

impl<E> Drop for Loaded<E> {
    fn drop(&mut self) {
        // SAFETY: (I7) the last use.
        unsafe { self.table.release()(self.raw) };
    }
}

/// A run on its way.
pub(crate) struct Run(pub(crate) AbiRun);

impl Run {
    /// Polls once, as a host that has other things to do.
    pub(crate) fn poll(&mut self) -> Poll<AbiReply> {
        Pin::new(&mut self.0.future).poll(&mut Context::from_waker(Waker::noop()))
    }

    pub(crate) fn reply(mut self) -> AbiReply {
        block_on(&mut self.0.future)
    }

    pub(crate) fn end(self) -> Result<Bytes, Fault> {
        result(self.reply())
    }
}

pub(crate) fn result(reply: AbiReply) -> Result<Bytes, Fault> {
    if reply.kind == KIND_ERROR {
        Err(Fault::from_fields(reply.error, reply.fields))
    } else {
        Ok(reply.body.into())
    }
}

/// Waits until something is so, which another thread brings about.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..5000 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    panic!("never: {what}");
}
