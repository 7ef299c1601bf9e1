//! How the programs say what went wrong: `NAME: WHAT: REASON`, one line, one `write(2)`. Given.

use std::io::{self, Write};

use nix::errno::Errno;

/// A program cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed, and why: `WHAT: REASON`.
    pub text: String,
    /// The status that the program ends with.
    pub status: u8,
}

impl Failure {
    /// A system call failed; status 1.
    #[must_use]
    pub fn system(what: impl std::fmt::Display, errno: Errno) -> Self {
        Self { text: format!("{what}: {}", reason(errno)), status: 1 }
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(self, status: u8) -> Self {
        Self { status, ..self }
    }
}

/// The system's text for an error, as `strerror(3)` gives it.
#[must_use]
pub fn reason(errno: Errno) -> String {
    let text = io::Error::from(errno).to_string();
    match text.rfind(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Writes one line to standard error, in one piece.
pub fn say(line: &str) {
    // Where should a program complain that it cannot complain?
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Writes to standard output, in one call if the system takes it all.
///
/// # Errors
/// What write(2) says, as the failure that the contract names.
pub fn print(bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    ipc_kit::write_all(io::stdout(), bytes.as_ref()).map_err(|errno| Failure::system("stdout", errno))
}

/// The exit status of a program: what it says itself, or that of its failure, which is told first.
pub fn status_of(name: &str, ended: Result<u8, Failure>) -> u8 {
    ended.unwrap_or_else(|failure| {
        say(&format!("{name}: {}", failure.text));
        failure.status
    })
}
