//! How ring says what went wrong: `ring: WHAT: REASON`, one line, one `write(2)`. Given.

use std::fmt::Display;
use std::io::{self, Write};

use nix::errno::Errno;

/// ring cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed: a ring's name, `stdout`, `line 7`.
    pub what: String,
    /// Why.
    pub reason: String,
    /// The status that ring ends with.
    pub status: u8,
}

impl Failure {
    /// Something failed at run time; status 1.
    pub fn new(what: impl Display, reason: impl Display) -> Failure {
        Failure { what: what.to_string(), reason: reason.to_string(), status: 1 }
    }

    /// A system call failed; status 1.
    pub fn system(what: impl Display, errno: Errno) -> Failure {
        Failure::new(what, reason(&errno.into()))
    }

    /// A call of the standard library failed; status 1.
    pub fn io(what: impl Display, error: &io::Error) -> Failure {
        Failure::new(what, reason(error))
    }

    /// It would have to wait, or nobody is there; status 3.
    pub fn would_block(what: impl Display, reason: impl Display) -> Failure {
        Failure { status: 3, ..Failure::new(what, reason) }
    }

    /// The segment is not what the layout says; status 4.
    pub fn malformed(what: impl Display, reason: impl Display) -> Failure {
        Failure { status: 4, ..Failure::new(what, reason) }
    }

    /// The other side is dead, or has closed the ring; status 5.
    pub fn gone(what: impl Display, reason: impl Display) -> Failure {
        Failure { status: 5, ..Failure::new(what, reason) }
    }

    /// Tells the user.
    pub fn complain(&self) {
        let text = format!("ring: {}: {}\n", self.what, self.reason);
        // Where should ring complain that it cannot complain?
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

/// The system's text for an error, as `strerror(3)` gives it.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
