//! A run that its caller may abandon at any time.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use super::in_process::Shared;
use super::limit::Permit;
use crate::plugin::{Finished, Instance, Place, Run};

/// A run with all that it holds. Dropped before its end (the caller left, the deadline passed), it
/// cancels the run and sees it to its end in the background: only then is the instance stopped and
/// the place given back.
pub(super) struct InFlight<'a> {
    pub(super) shared: &'a Arc<Shared>,
    pub(super) place: Place,
    held: Option<Held<'a>>,
}

/// What a run holds.
struct Held<'a> {
    run: Run,
    instance: Option<Instance>,
    permit: Permit<'a>,
}

impl<'a> InFlight<'a> {
    pub(super) fn new(
        shared: &'a Arc<Shared>,
        place: Place,
        run: Run,
        instance: Option<Instance>,
        permit: Permit<'a>,
    ) -> Self {
        let held = Some(Held {
            run,
            instance,
            permit,
        });
        Self {
            shared,
            place,
            held,
        }
    }

    /// Runs to the end; gives back what the run held.
    pub(super) async fn finish(&mut self) -> Option<(Finished, Option<Instance>, Permit<'a>)> {
        let (watched, place) = (self.shared.watched, self.place);
        let held = self.held.as_mut()?;
        let finished = poll_fn(|cx| {
            let run = Pin::new(&mut held.run);
            // Only the first poll can be inline, but a later one is nothing but a look.
            if place == Place::Inline {
                watched.poll(|| run.poll(cx))
            } else {
                run.poll(cx)
            }
        });
        let finished = finished.await;
        let Held {
            instance, permit, ..
        } = self.held.take()?;
        self.shared.placement.end(place, finished.longest_poll);
        Some((finished, instance, permit))
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let Some(Held {
            run,
            instance,
            permit,
        }) = self.held.take()
        else {
            return;
        };
        run.cancel();
        let permit = permit.into_owned();
        let (shared, place) = (self.shared.clone(), self.place);
        self.shared.in_background(async move {
            let finished = run.await;
            shared.placement.end(place, finished.longest_poll);
            if let Some(instance) = instance {
                shared.stop(instance).await;
            }
            drop(permit);
        });
    }
}
