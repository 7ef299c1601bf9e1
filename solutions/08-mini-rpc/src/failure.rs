//! How the programs say what went wrong. Complete; nothing to do here.

use std::io::{self, Write};

use nix::errno::Errno;

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
pub fn complain(line: &str) {
    // Where should a program complain that it cannot complain?
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// `WHAT: REASON`, as an error of `anyhow`.
#[must_use]
pub fn failed(what: impl std::fmt::Display, errno: Errno) -> anyhow::Error {
    anyhow::anyhow!("{what}: {}", reason(errno))
}
