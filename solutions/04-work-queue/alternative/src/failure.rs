//! How pool says what went wrong: `pool: WHAT: REASON`, one line, one `write(2)`. Given.

use std::io::{self, Write};

use nix::errno::Errno;

/// pool cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed: `fork`, `stdout`, a file's name.
    pub what: String,
    /// Why.
    pub reason: String,
    /// The status that pool ends with.
    pub status: u8,
}

impl Failure {
    /// A system call failed; status 1.
    pub fn system(what: impl Into<String>, errno: Errno) -> Failure {
        Failure { what: what.into(), reason: reason(&errno.into()), status: 1 }
    }

    /// A call of the standard library failed; status 1.
    pub fn io(what: impl Into<String>, error: &io::Error) -> Failure {
        Failure { what: what.into(), reason: reason(error), status: 1 }
    }

    /// The journal is not what pool wrote; status 4.
    pub fn damaged(file: impl Into<String>, line: usize) -> Failure {
        Failure { what: file.into(), reason: format!("line {line} is damaged"), status: 4 }
    }

    /// Tells the user.
    pub fn complain(&self) {
        say(&format!("pool: {}: {}\n", self.what, self.reason));
    }
}

/// Writes to standard error.
pub fn say(text: &str) {
    // Where should pool complain that it cannot complain?
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
