//! Where chunks of lines go.

use std::io::{self, ErrorKind, Stderr, Write};
use std::time::Duration;

/// Takes chunks of whole lines, on the writer's thread, where it may block.
pub(super) trait Sink: Send + 'static {
    /// Writes the lines of `chunk`; returns how many of them were lost.
    fn write(&mut self, chunk: &[u8]) -> u64;
}

/// How long to wait for a stream that cannot block and has no room.
const PAUSE: Duration = Duration::from_millis(2);

/// Standard error. Waits as long as it takes; only when it is closed or broken lines get lost.
impl Sink for Stderr {
    fn write(&mut self, chunk: &[u8]) -> u64 {
        // Locked for the chunk, so that nobody else's output falls into the middle of a line.
        write_lines(&mut self.lock(), chunk)
    }
}

fn write_lines(out: &mut impl Write, chunk: &[u8]) -> u64 {
    let mut rest = chunk;
    while !rest.is_empty() {
        match out.write(rest).map_err(|error| error.kind()) {
            Ok(0) => break,
            Ok(written) => rest = &rest[written..],
            Err(ErrorKind::Interrupted) => {}
            // Whoever started this process may have made the stream non-blocking.
            Err(ErrorKind::WouldBlock) => std::thread::sleep(PAUSE),
            Err(_) => break,
        }
    }
    rest.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// Tells about trouble with the log itself, where it cannot be logged.
pub(super) fn complain(what: &str) {
    // If nobody can be told, nobody is told.
    let _ = writeln!(io::stderr().lock(), "shim: {what}");
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind, Write};

    /// Takes three bytes at a time, with an error before each, and breaks in the end.
    struct Odd(Vec<u8>, Vec<ErrorKind>);

    impl Write for Odd {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.1.pop() {
                Some(ErrorKind::Other) => {
                    let (now, _) = bytes.split_at(bytes.len().min(3));
                    self.0.extend_from_slice(now);
                    Ok(now.len())
                }
                Some(kind) => Err(kind.into()),
                None => Err(ErrorKind::BrokenPipe.into()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn short_writes_go_on_and_lost_lines_are_counted() {
        let script = [
            ErrorKind::Other,
            ErrorKind::WouldBlock,
            ErrorKind::Other,
            ErrorKind::Interrupted,
        ];
        let mut odd = Odd(Vec::new(), script.to_vec());
        assert_eq!(super::write_lines(&mut odd, b"a\nb\nc\nd\n"), 1);
        assert_eq!(odd.0, b"a\nb\nc\n");

        let mut odd = Odd(Vec::new(), vec![ErrorKind::Other; 2]);
        assert_eq!(super::write_lines(&mut odd, b"a\nb\n"), 0);
    }
}
