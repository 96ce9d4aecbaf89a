//! How things stand: what requests have to know of the builds.

use std::sync::Arc;

/// How things stand.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// What the last change came to.
    pub(super) phase: Phase,
    /// Every plugin has been built once.
    pub(super) complete: bool,
    /// Something is served.
    pub(super) serving: bool,
}

/// What a change came to.
#[derive(Debug, Clone)]
pub(super) enum Phase {
    /// It is being built.
    Building,
    /// It is served.
    Good,
    /// It cannot be served; why, for people.
    Failed(Arc<str>),
    /// There will be no other build.
    Stopping,
}

impl State {
    /// As it is before the first build.
    pub(super) fn first() -> Self {
        Self {
            phase: Phase::Building,
            complete: false,
            serving: false,
        }
    }
}
