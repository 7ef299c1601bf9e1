//! How the programs say what went wrong.

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

/// The error number of an `io::Error`, or `EIO` if it has none.
#[must_use]
pub fn errno_of(error: &io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))
}

/// The same as [`failed`], for an error of the standard library.
#[must_use]
pub fn failed_io(what: impl std::fmt::Display, error: &io::Error) -> anyhow::Error {
    failed(what, errno_of(error))
}
