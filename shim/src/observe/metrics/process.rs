//! What the system says of the process. What it does not say (no `/proc`) is left out.

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};

use super::family::{CPU_SECONDS, OPEN_FDS, RESIDENT_MEMORY, START_TIME};
use super::writer::Writer;

/// This process.
#[derive(Debug)]
pub(super) struct Process {
    /// In seconds since the epoch.
    started: Option<f64>,
}

impl Default for Process {
    fn default() -> Self {
        let started = || Some(booted()? + Stat::read()?.started);
        Self { started: started() }
    }
}

impl Process {
    pub(super) fn render(&self, writer: &mut Writer<'_>) {
        let values = [
            (START_TIME, self.started),
            (CPU_SECONDS, Stat::read().map(|stat| stat.cpu)),
            (RESIDENT_MEMORY, resident_memory()),
            (OPEN_FDS, open_fds()),
        ];
        for (family, value) in values {
            if let Some(value) = value {
                writer.family(&family);
                writer.gauge(&[], value);
            }
        }
    }
}

/// Some of `/proc/self/stat`, in seconds.
#[derive(Debug, PartialEq)]
struct Stat {
    /// User and system time of all threads.
    cpu: f64,
    /// From the system's boot to the start of the process.
    started: f64,
}

impl Stat {
    fn read() -> Option<Self> {
        let text = fs::read_to_string("/proc/self/stat").ok()?;
        Self::parse(&text, clock_ticks_per_second() as f64)
    }

    /// See proc_pid_stat(5). The second field is a name in parentheses, which may hold anything.
    fn parse(text: &str, ticks: f64) -> Option<Self> {
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<_> = rest.split_ascii_whitespace().collect();
        // The first of `fields` has the number 3.
        let seconds = |number: usize| Some(fields.get(number - 3)?.parse::<f64>().ok()? / ticks);
        Some(Self {
            cpu: seconds(14)? + seconds(15)?,
            started: seconds(22)?,
        })
    }
}

/// When the system booted, in seconds since the epoch.
fn booted() -> Option<f64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let mut lines = text.lines();
    let time = lines.find_map(|line| line.strip_prefix("btime "))?;
    time.trim().parse().ok()
}

fn resident_memory() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some((pages * page_size() as u64) as f64)
}

/// Since Linux 6.2 the size of the folder tells; before, its entries have to be counted, with the
/// one that counting takes.
fn open_fds() -> Option<f64> {
    let folder = "/proc/self/fd";
    let size = fs::metadata(folder).ok()?.len();
    if size > 0 {
        return Some(size as f64);
    }
    let entries = fs::read_dir(folder).ok()?.count();
    Some(entries.saturating_sub(1) as f64)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::{Process, Stat, open_fds, resident_memory};

    #[test]
    fn a_name_may_look_like_fields() {
        let rest = "S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 17 18 12345 20";
        let stat = Stat::parse(&format!("77 (a) R 9 (b) {rest}\n"), 100.0);
        let expected = Stat {
            cpu: 3.0,
            started: 123.45,
        };
        assert_eq!(stat, Some(expected));
        assert_eq!(Stat::parse("77 (a) S 1 2", 100.0), None);
        assert_eq!(Stat::parse("", 100.0), None);
    }

    #[test]
    fn the_system_tells_of_this_process() {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
        let started = Process::default().started.unwrap();
        assert!(
            started > now - 86_400.0 && started < now + 60.0,
            "{started}"
        );
        assert!(Stat::read().unwrap().cpu >= 0.0);
        assert!(resident_memory().unwrap() > 100_000.0);
        assert!(open_fds().unwrap() >= 3.0);
    }
}
