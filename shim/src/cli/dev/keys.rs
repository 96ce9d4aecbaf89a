//! Keys, where there is somebody to press them.

use std::io::{IsTerminal as _, Read as _};

use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use tokio::sync::mpsc;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Rebuild,
    Quit,
    Help,
}

/// A terminal whose keys come one by one, without being shown. As it was before when dropped.
pub(super) struct Keys(Termios);

impl Keys {
    /// Listens, if standard input is a terminal and this process is in its foreground: in the
    /// background, asking would stop it.
    pub(super) fn listen() -> Option<(Self, mpsc::Receiver<Key>)> {
        let stdin = std::io::stdin();
        if !stdin.is_terminal() || tcgetpgrp(&stdin).ok()? != getpgrp() {
            return None;
        }
        let before = tcgetattr(&stdin).ok()?;
        set_single(&before);
        let (sender, keys) = mpsc::channel(8);
        let read = move || {
            let mut byte = [0];
            while matches!(std::io::stdin().read(&mut byte), Ok(1..)) {
                let [key] = byte;
                let key = match key {
                    b'r' | b'R' => Key::Rebuild,
                    // Also Ctrl-D, which ends what reads lines.
                    b'q' | b'Q' | 4 => Key::Quit,
                    b'h' | b'H' | b'?' => Key::Help,
                    _ => continue,
                };
                if sender.blocking_send(key).is_err() {
                    return;
                }
            }
        };
        // It ends with the process: nothing can wake a thread that reads from a terminal.
        let thread = std::thread::Builder::new().name("shim-keys".to_owned());
        match thread.spawn(read) {
            Ok(_) => Some((Self(before), keys)),
            Err(_) => {
                drop(Self(before));
                None
            }
        }
    }

    /// Once more: a shell that had the terminal meanwhile has its own ways.
    pub(super) fn resume(&self) {
        if tcgetpgrp(std::io::stdin()).is_ok_and(|group| group == getpgrp()) {
            set_single(&self.0);
        }
    }
}

/// Signals of keys, and how output looks, stay as they are.
fn set_single(before: &Termios) {
    let mut single = before.clone();
    single.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
    let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &single);
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
    }
}
