//! How much memory the process has used at most.

use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How long a reading is good for, in milliseconds.
const GOOD_FOR_MS: u64 = 1000;

/// The last reading.
struct Reading {
    begun: Instant,
    /// When it was made, in milliseconds since `begun`.
    at_ms: AtomicU64,
    /// In MB; 0: the system does not say.
    peak_mb: AtomicU64,
}

/// The most memory that this process has had resident so far, in MB (Lambda's, of 1,048,576 bytes),
/// rounded up; `None` where the system does not say (no `/proc`). It is of the whole process: the
/// shim and all functions in it, with their plugins. Read at most once a second.
pub fn peak_memory_mb() -> Option<u64> {
    static READING: OnceLock<Reading> = OnceLock::new();
    let reading = READING.get_or_init(|| Reading {
        begun: Instant::now(),
        at_ms: AtomicU64::new(0),
        peak_mb: AtomicU64::new(read().unwrap_or_default()),
    });
    let now = u64::try_from(reading.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let at = reading.at_ms.load(Ordering::Relaxed);
    let old = now.saturating_sub(at) >= GOOD_FOR_MS;
    // One of those who see that it is old reads; the others take the old one.
    let mine = || {
        let exchanged =
            reading
                .at_ms
                .compare_exchange(at, now, Ordering::Relaxed, Ordering::Relaxed);
        exchanged.is_ok()
    };
    if old && mine() {
        reading
            .peak_mb
            .store(read().unwrap_or_default(), Ordering::Relaxed);
    }
    Some(reading.peak_mb.load(Ordering::Relaxed)).filter(|mb| *mb > 0)
}

fn read() -> Option<u64> {
    high_water_mb(&fs::read_to_string("/proc/self/status").ok()?)
}

/// `VmHWM:     1234 kB`, in what proc_pid_status(5) describes.
fn high_water_mb(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib.div_ceil(1024))
}

#[cfg(test)]
mod tests {
    use super::{high_water_mb, peak_memory_mb};

    #[test]
    fn the_high_water_mark_is_rounded_up() {
        let status =
            |mark: &str| format!("Name:\tVmHWM: 9 kB\nVmPeak:\t 7 kB\n{mark}VmRSS:\t8 kB\n");
        let mb = |mark: &str| high_water_mb(&status(mark));
        assert_eq!(mb("VmHWM:\t   35841 kB\n"), Some(36));
        assert_eq!(mb("VmHWM:\t   35840 kB\n"), Some(35));
        assert_eq!(mb(""), None);
        assert_eq!(mb("VmHWM:\tmuch\n"), None);
    }

    #[test]
    fn the_system_tells_of_this_process() {
        let first = peak_memory_mb().unwrap();
        assert!(first > 0 && first < 1 << 20, "{first}");
        assert!(peak_memory_mb().unwrap() >= first);
    }
}
