//! The panic hook of the plugin's own std: keeps message, location and stack trace for the barrier.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::panic::PanicHookInfo;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::fault::Fault;
use crate::glue::{log, scope};
use crate::stream::forget_payload;
use crate::types::ERROR_PANIC;

/// The name under which callers see a panic.
const NAME: &str = "Runtime.Panic";

/// Longest stack trace kept, in frames.
const MAX_FRAMES: usize = 64;

thread_local! {
    static LAST: Cell<Option<Fault>> = const { Cell::new(None) };
}

static BACKTRACE: AtomicBool = AtomicBool::new(true);

/// Installs the hook, once. Panics outside of an invocation go to the hook that was there before,
/// and to the host's log.
pub fn install(backtrace: bool) {
    static INSTALLED: Once = Once::new();
    BACKTRACE.store(backtrace, Ordering::Relaxed);
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let fault = describe(info);
            let logged = log::panicked(&fault);
            if scope::is_any() {
                // At the end of a thread the slot may be gone already.
                let _ = LAST.try_with(|last| last.set(Some(fault)));
            } else if !logged {
                previous(info);
            }
        }));
    });
}

/// What the hook kept of the panic that `payload` ended, which is dropped here.
pub fn take(payload: Box<dyn Any + Send>) -> Fault {
    let message = message_of(&*payload);
    forget_payload(payload);
    // The hook is not called for `resume_unwind`: what it kept may be of an older panic, which the
    // author's code has caught.
    let kept = LAST.try_with(Cell::take).ok().flatten();
    kept.filter(|fault| fault.message == message)
        .unwrap_or_else(|| Fault {
            kind: ERROR_PANIC,
            name: NAME.to_owned(),
            message,
            ..Fault::default()
        })
}

fn describe(info: &PanicHookInfo<'_>) -> Fault {
    let stack_trace = if BACKTRACE.load(Ordering::Relaxed) {
        frames(&Backtrace::force_capture().to_string())
    } else {
        Vec::new()
    };
    Fault {
        kind: ERROR_PANIC,
        name: NAME.to_owned(),
        message: message_of(info.payload()),
        location: info.location().map(ToString::to_string),
        stack_trace,
    }
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "panicked with a value that is no text".to_owned()
    }
}

/// The author's part of a printed backtrace: from below the panic machinery to above our barrier.
fn frames(printed: &str) -> Vec<String> {
    let mut frames: Vec<String> = Vec::new();
    for line in printed.lines() {
        let line = line.trim();
        if let Some(place) = line.strip_prefix("at ") {
            if let Some(last) = frames.last_mut() {
                last.push_str(" at ");
                last.push_str(place);
            }
        } else if let Some((number, name)) = line.split_once(": ")
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            frames.push(name.to_owned());
        }
    }
    let machinery = |frame: &String| {
        [
            "core::panicking::",
            "std::panicking::",
            "rust_begin_unwind",
            "__rustc::rust_begin_unwind",
            "std::sys::backtrace::__rust_end_short_backtrace",
            "std::panic::panic_any",
        ]
        .iter()
        .any(|start| frame.starts_with(start))
    };
    // Threads begin in the machinery too: only what stands above the author's frames goes.
    let begins = frames.iter().position(machinery).unwrap_or(0);
    let ends = frames[begins..].iter().position(|frame| !machinery(frame));
    let mut own = frames.split_off(begins + ends.unwrap_or(0));
    if let Some(end) = own
        .iter()
        .position(|frame| frame.contains("plugin_api_abi::glue::"))
    {
        own.truncate(end);
    }
    own.truncate(MAX_FRAMES);
    own
}

#[cfg(test)]
mod tests {
    use super::frames;

    #[test]
    fn a_stack_trace_holds_the_authors_frames_only() {
        let printed = "   0: std::backtrace_rs::backtrace::trace\n             at /rustc/x/lib.rs:1:2\n   1: std::panicking::begin_panic_handler\n   2: core::panicking::panic_fmt\n   3: orders::create\n             at ./src/lib.rs:7:5\n   4: plugin_api_abi::glue::guard::poll\n   5: std::panicking::catch_unwind\n   6: main\n";
        assert_eq!(frames(printed), ["orders::create at ./src/lib.rs:7:5"]);
    }
}
