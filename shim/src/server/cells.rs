//! The runtimes among which connections are dealt.
//!
//! A connection stays in one cell: its reads, its writes and what runs inline between them share no
//! scheduler, no timer and no poller with other cores.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::Handle;

/// The runtimes that serve connections. Clones are the same cells.
#[derive(Debug, Clone)]
pub struct Cells(Arc<[Arc<Cell>]>);

/// One of them.
#[derive(Debug)]
struct Cell {
    runtime: Handle,
    connections: AtomicUsize,
}

impl Cells {
    /// These runtimes, at least one. They need I/O and time.
    pub fn new(runtimes: impl IntoIterator<Item = Handle>) -> Self {
        let cell = |runtime| {
            Arc::new(Cell {
                runtime,
                connections: AtomicUsize::new(0),
            })
        };
        Self(runtimes.into_iter().map(cell).collect())
    }

    /// The runtime of the caller alone.
    pub fn current() -> Self {
        Self::new([Handle::current()])
    }

    /// A place for a new connection, where there are fewest.
    pub(super) fn deal(&self) -> Dealt {
        let load = |cell: &&Arc<Cell>| cell.connections.load(Ordering::Relaxed);
        let cell = self.0.iter().min_by_key(load).cloned();
        if let Some(cell) = &cell {
            cell.connections.fetch_add(1, Ordering::Relaxed);
        }
        Dealt(cell)
    }
}

/// A connection's place in a cell, given back when dropped.
#[derive(Debug)]
pub(super) struct Dealt(Option<Arc<Cell>>);

impl Dealt {
    /// The cell's runtime, if it is not the caller's own.
    pub(super) fn elsewhere(&self) -> Option<Handle> {
        let cell = self.0.as_ref()?;
        let own = Handle::try_current().ok()?.id();
        (cell.runtime.id() != own).then(|| cell.runtime.clone())
    }
}

impl Drop for Dealt {
    fn drop(&mut self) {
        if let Some(cell) = &self.0 {
            cell.connections.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cells;

    #[test]
    fn connections_are_dealt_evenly_and_places_are_given_back() {
        let runtimes: Vec<_> = (0..3)
            .map(|_| {
                tokio::runtime::Builder::new_current_thread()
                    .build()
                    .unwrap()
            })
            .collect();
        let cells = Cells::new(runtimes.iter().map(|runtime| runtime.handle().clone()));
        let counts = || -> Vec<_> {
            let load = |cell: &std::sync::Arc<super::Cell>| {
                cell.connections.load(super::Ordering::Relaxed)
            };
            cells.0.iter().map(load).collect()
        };
        let mut dealt: Vec<_> = (0..6).map(|_| cells.deal()).collect();
        assert_eq!(counts(), [2, 2, 2]);
        dealt.remove(1);
        assert_eq!(counts(), [2, 1, 2]);
        dealt.push(cells.deal());
        assert_eq!(counts(), [2, 2, 2]);
        drop(dealt);
        assert_eq!(counts(), [0, 0, 0]);
    }
}
