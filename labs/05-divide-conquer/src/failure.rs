//! How a program says what went wrong: `NAME: WHAT: REASON`, one line, one `write(2)`. Given.

use std::io::{self, Write};

use nix::errno::Errno;

/// A program cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed: `fork`, `stdout`, a file's name.
    pub what: String,
    /// Why.
    pub reason: String,
    /// The status that the program ends with.
    pub status: u8,
}

impl Failure {
    /// Something failed at run time; status 1.
    pub fn new(what: impl Into<String>, reason: impl Into<String>) -> Failure {
        Failure { what: what.into(), reason: reason.into(), status: 1 }
    }

    /// A system call failed; status 1.
    pub fn system(what: impl Into<String>, errno: Errno) -> Failure {
        Failure::new(what, reason(&errno.into()))
    }

    /// A call of the standard library failed; status 1.
    pub fn io(what: impl Into<String>, error: &io::Error) -> Failure {
        Failure::new(what, reason(error))
    }

    /// A line of a file is not what it should be; status 4. `line` counts from 1.
    pub fn malformed(file: impl Into<String>, line: u64, reason: &str) -> Failure {
        Failure { what: file.into(), reason: format!("line {line}: {reason}"), status: 4 }
    }

    /// Tells the user, in the name of the program `program`, and gives the status to end with.
    pub fn tell(&self, program: &str) -> u8 {
        say(&format!("{program}: {}: {}\n", self.what, self.reason));
        self.status
    }
}

/// Writes to standard error, by one write.
pub fn say(text: &str) {
    // Where should a program complain that it cannot complain?
    let _ = io::stderr().write_all(text.as_bytes());
}

/// The system's text for an error, as `strerror(3)` gives it.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
