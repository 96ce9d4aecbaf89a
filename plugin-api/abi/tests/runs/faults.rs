//! Panics and errors, and what becomes of the instance.

use std::time::Duration;

use plugin_api_abi::fault::Fault;
use plugin_api_abi::types::{
    ERROR_CANCELLED, ERROR_HANDLER, ERROR_INTERNAL, ERROR_PANIC, PLACE_INLINE,
};

use crate::support::{Counts, Loaded};
use crate::{Obedient, PLACES};

#[test]
fn a_panic_is_a_fault_with_message_and_place() {
    let counts = Counts::of("panics");
    let handler = Loaded::<Obedient>::load("panics").unwrap();
    for (index, place) in PLACES.into_iter().enumerate() {
        let fault = handler.once(place, "panic").unwrap_err();
        assert_eq!((fault.kind, &*fault.message), (ERROR_PANIC, "as asked"));
        assert!(fault.location.unwrap().contains("main.rs:"));
        // The instance is dropped, never stopped.
        let so_far = u32::try_from(index).unwrap() + 1;
        assert_eq!(counts.instances(), [so_far, 0, so_far]);
    }
}

#[test]
fn a_destructor_that_panics_is_a_fault() {
    let counts = Counts::of("drops badly");
    let handler = Loaded::<Obedient>::load("drops badly").unwrap();
    for place in PLACES {
        let fault = handler.once(place, "drop badly").unwrap_err();
        assert_eq!(
            (fault.kind, &*fault.message),
            (ERROR_PANIC, "in a destructor")
        );

        // Cancelled, it is that; but the instance is damaged all the same.
        let (instance, _) = handler.start();
        let mut run = handler.run(instance, place, "forever, then drop badly");
        assert!(run.poll().is_pending());
        std::thread::sleep(Duration::from_millis(5));
        run.0.cancel.cancel();
        assert_eq!(run.end().unwrap_err().kind, ERROR_CANCELLED);
        handler.stop(instance).unwrap();
    }
    assert_eq!(counts.instances(), [6, 0, 6]);
}

#[test]
fn an_instance_that_panicked_runs_nothing_any_more() {
    let handler = Loaded::<Obedient>::load("used again").unwrap();
    let (instance, _) = handler.start();
    handler
        .run(instance, PLACE_INLINE, "panic")
        .end()
        .unwrap_err();
    let fault = handler
        .run(instance, PLACE_INLINE, "at once")
        .end()
        .unwrap_err();
    assert_eq!(fault.kind, ERROR_INTERNAL);
    handler.stop(instance).unwrap();
}

#[test]
fn an_error_is_the_handlers() {
    let handler = Loaded::<Obedient>::load("errors").unwrap();
    let fault = handler.once(PLACE_INLINE, "error").unwrap_err();
    assert_eq!(fault, Fault::handler("Refused", "as asked"));
    assert_eq!(fault.kind, ERROR_HANDLER);
}

#[test]
fn a_failed_start_is_told_and_handed_to_one_run() {
    for (name, message) in [
        ("fails in start", "it is down"),
        ("panics in start", "as its name says"),
    ] {
        let handler = Loaded::<Obedient>::load(name).unwrap();
        let (instance, failed) = handler.start();
        assert!(failed.unwrap().message.contains(message));
        let fault = handler.run(instance, PLACE_INLINE, "").end().unwrap_err();
        assert_eq!(fault.name, "PassedOn");
        assert!(fault.message.contains(message), "{fault:?}");
        // The error is gone; there is nothing to run on.
        let fault = handler.run(instance, PLACE_INLINE, "").end().unwrap_err();
        assert_eq!(fault.kind, ERROR_INTERNAL);
        handler.stop(instance).unwrap();
        assert_eq!(Counts::of(name).instances(), [0, 0, 0]);
    }
}

#[test]
fn a_failed_init_says_why() {
    let fault = Loaded::<Obedient>::load("fails in init").err().unwrap();
    assert_eq!(fault, Fault::handler("NoDisk", "the disk is gone"));
    let fault = Loaded::<Obedient>::load("panics in init").err().unwrap();
    assert_eq!(fault.kind, ERROR_PANIC);
}

#[test]
fn a_panic_in_stop_comes_back_as_an_error() {
    let handler = Loaded::<Obedient>::load("panics in stop").unwrap();
    let (instance, _) = handler.start();
    assert_eq!(handler.stop(instance).unwrap_err().kind, ERROR_PANIC);
}
