//! Every way in which a subcommand ends other than well: its message and its exit status. This file is complete.

use nix::errno::Errno;
use std::fmt;
use std::io::{self, Write};

/// Why a subcommand did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A system call failed. `what` is a target or path as it was given, or the call's name.
    System {
        /// On what, or in which call.
        what: String,
        /// Why.
        errno: Errno,
    },
    /// The name is that of something else.
    NotAFifo(String),
    /// Not all was done, and somebody has said why.
    Incomplete,
    /// `--try`: after so many records there was no room.
    Full(u64),
    /// `--try`: after so many records there was nothing to take.
    Empty(u64),
    /// A connection could not be made.
    NoConnection {
        /// To which path.
        what: String,
        /// Why.
        errno: Errno,
    },
    /// End of file inside a record, after so many data records.
    Truncated(u64),
    /// A record that is none, after so many data records.
    Malformed(u64),
    /// Nobody reads any more what is written.
    Gone {
        /// Where.
        what: String,
        /// EPIPE or ECONNRESET.
        errno: Errno,
    },
    /// A child has told already what was wrong, and ended with this status.
    Told(u8),
}

impl Failure {
    /// A failed call: for `map_err`.
    pub fn on(what: impl fmt::Display) -> impl FnOnce(Errno) -> Self {
        move |errno| Self::System { what: what.to_string(), errno }
    }

    /// A failed write: a reader that is gone is another thing than a disk that is full.
    pub fn writing(what: impl fmt::Display) -> impl FnOnce(Errno) -> Self {
        move |errno| match errno {
            Errno::EPIPE | Errno::ECONNRESET => Self::Gone { what: what.to_string(), errno },
            _ => Self::System { what: what.to_string(), errno },
        }
    }

    /// The exit status.
    #[must_use]
    pub fn status(&self) -> u8 {
        match self {
            Self::System { .. } | Self::NotAFifo(_) | Self::Incomplete => 1,
            Self::Full(_) | Self::Empty(_) | Self::NoConnection { .. } => 3,
            Self::Truncated(_) | Self::Malformed(_) => 4,
            Self::Gone { .. } => 5,
            Self::Told(status) => *status,
        }
    }

    /// Tells the user, if nobody has done so.
    pub fn tell(&self) {
        if !matches!(self, Self::Incomplete | Self::Told(_)) {
            complain(self);
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System { what, errno }
            | Self::NoConnection { what, errno }
            | Self::Gone { what, errno } => {
                write!(f, "{what}: {}", reason(*errno))
            }
            Self::NotAFifo(what) => write!(f, "{what}: not a FIFO"),
            Self::Full(records) => write!(f, "full after {records} records"),
            Self::Empty(records) => write!(f, "empty after {records} records"),
            Self::Truncated(records) => write!(f, "truncated record after {records} records"),
            Self::Malformed(records) => write!(f, "malformed record after {records} records"),
            Self::Incomplete | Self::Told(_) => f.write_str("not all was done"),
        }
    }
}

impl std::error::Error for Failure {}

/// The system's text for an error, as strerror(3) gives it.
#[must_use]
pub fn reason(errno: Errno) -> String {
    let text = io::Error::from(errno).to_string();
    match text.rfind(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Writes `prodcon: TEXT` to standard error, by one write.
pub fn complain(text: impl fmt::Display) {
    say(&format!("prodcon: {text}\n"));
}

/// Writes `line` to standard error as it is, by one write.
pub fn say(line: &str) {
    // Where should prodcon complain that it cannot complain?
    let _ = io::stderr().write_all(line.as_bytes());
}
