//! What is told on the terminal, beside what cargo and the functions say.

use std::io::{IsTerminal as _, Write as _};

use crate::observe::colour_for_stderr;

/// Writes lines to standard error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Say {
    colour: bool,
}

/// What a line is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Good,
    Bad,
    Note,
}

impl Say {
    /// In colours only on a terminal, and not where `NO_COLOR` is set.
    pub(super) fn new() -> Self {
        let no_color = std::env::var_os("NO_COLOR");
        let colour = std::io::stderr().is_terminal() && colour_for_stderr(no_color.as_deref());
        Self { colour }
    }

    pub(super) fn has_colour(self) -> bool {
        self.colour
    }

    /// A line of our own.
    pub(super) fn line(self, kind: Kind, text: &str) {
        let code = match kind {
            Kind::Good => "32;1",
            Kind::Bad => "31;1",
            Kind::Note => "2",
        };
        match self.colour {
            true => self.raw(&format!("\x1b[{code}m{text}\x1b[0m\n")),
            false => self.raw(&format!("{text}\n")),
        }
    }

    /// A text of others, as it is.
    pub(super) fn raw(self, text: &str) {
        // A terminal that has gone is no reason to stop.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// A text without the escapes that colour it on a terminal.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char == '\x1b' && chars.peek() == Some(&'[') {
            chars.next();
            // Up to the letter that ends it.
            chars.by_ref().find(|char| ('@'..='~').contains(char));
        } else {
            plain.push(char);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    #[test]
    fn colours_are_taken_out() {
        let text = "\x1b[1m\x1b[38;5;9merror\x1b[0m: [x]\nnext";
        assert_eq!(super::plain(text), "error: [x]\nnext");
    }
}
