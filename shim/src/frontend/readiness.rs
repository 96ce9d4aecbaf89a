//! Whether this process should get requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const STARTING: u8 = 0;
const READY: u8 = 1;
const STOPPING: u8 = 2;

/// Shared between whoever starts and stops the functions and [`Admin`](super::Admin), which tells
/// it to load balancers. Clones are the same value. Callable from any thread, never blocks.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicU8>);

impl Readiness {
    /// Not ready yet: functions are starting.
    pub fn new() -> Self {
        Self::default()
    }

    /// All functions are ready. Does nothing once [`set_stopping`](Self::set_stopping) was called.
    pub fn set_ready(&self) {
        // Failure means that it is ready already, or stopping; both stay.
        let _ = self
            .0
            .compare_exchange(STARTING, READY, Ordering::AcqRel, Ordering::Acquire);
    }

    /// The process shuts down. There is no way back.
    pub fn set_stopping(&self) {
        self.0.store(STOPPING, Ordering::Release);
    }

    /// Why no request should be sent here; `None` when ready.
    pub fn unready_reason(&self) -> Option<&'static str> {
        match self.0.load(Ordering::Acquire) {
            READY => None,
            STOPPING => Some("shutting down"),
            _ => Some("functions are still starting"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Readiness;

    #[test]
    fn stopping_is_final() {
        let readiness = Readiness::new();
        assert_eq!(
            readiness.unready_reason(),
            Some("functions are still starting")
        );
        readiness.set_ready();
        assert_eq!(readiness.unready_reason(), None);
        readiness.set_stopping();
        readiness.set_ready();
        assert_eq!(readiness.unready_reason(), Some("shutting down"));
    }
}
