//! How the allocator that host and plugin share treats large buffers.

/// The largest block that comes from the heap, in bytes: the most that glibc allows.
const FROM_HEAP: libc::c_int = 32 * 1024 * 1024;

/// How much free memory the heap may keep at its end, in bytes.
const KEPT: libc::c_int = 64 * 1024 * 1024;

/// Has freed memory stay with the process. By default a buffer of some mebibytes is pages that the
/// system makes, clears and takes back, for each invocation anew.
///
/// For a process that runs one invocation at a time, within a limit of memory of its own. Call it at
/// the start, before there are other threads.
pub fn keep_freed_memory() {
    for (parameter, bytes) in [
        (libc::M_MMAP_THRESHOLD, FROM_HEAP),
        (libc::M_TRIM_THRESHOLD, KEPT),
    ] {
        // SAFETY: (I10) there is one thread; thresholds say how memory is had, not what it is.
        unsafe { libc::mallopt(parameter, bytes) };
    }
}
