//! Open files: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are open beside connections: logs, plugins, what plugins keep open.
pub const OTHER_FILES: u64 = 240;

/// Lets the process have a file open for each of so many connections, one more for what its handler
/// opens meanwhile, and some others, as far as the system lets everybody raise the limit (the soft
/// one, 1,024 on most systems; programs that are started from here inherit it). To be called once,
/// before the process serves.
///
/// # Errors
/// The system's own limit (the hard one) is lower than connections alone need; it is returned, and
/// the process has all of it.
pub fn raise_open_files(connections: usize) -> Result<(), u64> {
    let limit = getrlimit(Resource::Nofile);
    let connections = u64::try_from(connections).unwrap_or(u64::MAX);
    let wanted = connections.saturating_mul(2).saturating_add(OTHER_FILES);
    let most = limit.maximum.unwrap_or(u64::MAX);
    let raised = wanted.min(most);
    if limit.current.is_some_and(|current| current < raised) {
        let raised = Rlimit {
            current: Some(raised),
            maximum: limit.maximum,
        };
        // What cannot be raised stays; then connections wait to be accepted.
        let _ = setrlimit(Resource::Nofile, raised);
    }
    if most < connections.saturating_add(OTHER_FILES) {
        return Err(most);
    }
    Ok(())
}
