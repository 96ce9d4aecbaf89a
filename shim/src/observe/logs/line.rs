//! The buffer in which a thread writes its lines, kept from one event to the next.

use std::cell::Cell;
use std::fmt;

use super::stamp::Stamp;

/// The most bytes of text (message and string values together) that one event may carry. The rest
/// is left out and the line says `truncated=true`. Escaping may make the line up to six times
/// longer.
pub(super) const MAX_TEXT: usize = 64 * 1024;

/// What a buffer may keep in memory after a long line.
const KEEP: usize = 16 * 1024;

/// One line in the making.
#[derive(Default)]
pub(super) struct Line {
    /// The line (or datagram) so far.
    pub(super) out: Vec<u8>,
    /// Where the part begins that a late message moves behind (text).
    pub(super) mark: usize,
    /// What comes at the end of the line (text).
    pub(super) late: Vec<u8>,
    /// The names already taken, each with the number of its `fields.` prefixes (JSON).
    pub(super) keys: Vec<(usize, &'static str)>,
    /// The time of day, with a cache.
    pub(super) stamp: Stamp,
    /// A value on its way from `Debug` to the line.
    pub(super) text: String,
    /// How many bytes of text are left of [`MAX_TEXT`].
    left: usize,
    cut: bool,
}

thread_local! {
    static LINE: Cell<Option<Box<Line>>> = const { Cell::new(None) };
}

impl Line {
    /// Runs `f` with this thread's line, emptied; with a new one when `f` is called while another
    /// `f` runs (a value's `Debug` may log) or while the thread ends.
    pub(super) fn with(f: impl FnOnce(&mut Line)) {
        let mut line = LINE.try_with(Cell::take).ok().flatten().unwrap_or_default();
        line.clear();
        f(&mut line);
        if line.out.capacity() > KEEP || line.text.capacity() > KEEP {
            line.out = Vec::new();
            line.text = String::new();
            line.late = Vec::new();
        }
        let _ = LINE.try_with(|slot| slot.set(Some(line)));
    }

    /// Empties the line for the next event.
    pub(super) fn clear(&mut self) {
        self.out.clear();
        self.late.clear();
        self.keys.clear();
        self.mark = 0;
        self.left = MAX_TEXT;
        self.cut = false;
    }

    /// As much of `text` as the event may still carry.
    pub(super) fn afford<'a>(&mut self, text: &'a str) -> &'a str {
        let mut end = text.len().min(self.left);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.left -= end;
        self.cut |= end < text.len();
        &text[..end]
    }

    /// Whether something was left out.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Renders `value` into `self.text`, as much of it as the event may still carry.
    pub(super) fn render(&mut self, value: &dyn fmt::Debug) {
        self.text.clear();
        let mut text = std::mem::take(&mut self.text);
        // An error only means that there was no more room, or that the value would not be shown.
        let _ = fmt::write(
            &mut Render {
                line: self,
                text: &mut text,
            },
            format_args!("{value:?}"),
        );
        self.text = text;
    }
}

struct Render<'a> {
    line: &'a mut Line,
    text: &'a mut String,
}

impl fmt::Write for Render<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.text.push_str(self.line.afford(part));
        if self.line.cut {
            Err(fmt::Error)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, MAX_TEXT};

    #[test]
    fn an_event_carries_so_much_text_and_no_more() {
        Line::with(|line| {
            let long = "é".repeat(MAX_TEXT / 2 - 1);
            assert_eq!(line.afford(&long).len(), MAX_TEXT - 2);
            assert!(!line.is_cut());
            line.render(&format_args!("a{}", "é"));
            assert_eq!(line.text, "a");
            assert!(line.is_cut());
        });
    }

    #[test]
    fn a_line_within_a_line_is_another_one() {
        Line::with(|outer| {
            outer.out.push(b'o');
            Line::with(|inner| assert!(inner.out.is_empty()));
            assert_eq!(outer.out, b"o");
        });
    }
}
