//! How psh says what went wrong: `psh: WORD: reason`, one line, one `write(2)`.

use nix::errno::Errno;
use std::io::{self, Write};

/// Something psh needs for a whole line could not be had; the line is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// `pipe` for anything about descriptors, `fork` for processes.
    pub what: &'static str,
    /// Why.
    pub errno: Errno,
}

impl Failure {
    /// A pipe or another descriptor could not be made.
    pub fn pipe(errno: Errno) -> Self {
        Failure { what: "pipe", errno }
    }

    /// A process could not be made.
    pub fn fork(errno: Errno) -> Self {
        Failure { what: "fork", errno }
    }

    /// Tells the user.
    pub fn complain(self) {
        complain(self.what.as_bytes(), &reason(self.errno));
    }
}

/// The system's text for an error, as `strerror(3)` gives it.
pub fn reason(errno: Errno) -> String {
    let text = io::Error::from(errno).to_string();
    match text.rfind(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Writes `psh: WHO: REASON` to standard error, in one piece so that no other process's text gets
/// into it.
pub fn complain(who: &[u8], reason: &str) {
    say(&[b"psh: ", who, b": ", reason.as_bytes(), b"\n"].concat());
}

/// Writes a message to standard error.
pub fn say(message: &[u8]) {
    // Where should psh complain that it cannot complain?
    let _ = io::stderr().write_all(message);
}
