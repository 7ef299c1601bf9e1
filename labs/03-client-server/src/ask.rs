//! The client: one request, one answer. See `connect(2)`, `recv(2)`.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{SockFlag, SockType, connect, socket};

use crate::address::Address;
use crate::answer::Refusal;
use crate::failure::reason;
use crate::options::ClientOptions;
use crate::pass::{receive_with, send_with};
use crate::request::Request;

/// Why there is no body, or not all of it.
#[derive(Debug)]
pub enum AskError {
    /// Nobody is there. Status 3.
    NoConnection(Errno),
    /// What came is not an answer, or not the whole one. Status 4.
    BadAnswer(&'static str),
    /// The body has no way out. Status 1.
    Stdout(io::Error),
}

/// Asks, and prints the body of the answer; false if the answer was `ERR`, which is told on standard error.
///
/// # Errors
/// See [`AskError`].
pub fn run(options: &ClientOptions, stdout: impl Write) -> Result<bool, AskError> {
    todo!("M1: connect, send the request and LF, read the answer, print its body")
}

/// Says what went wrong, and gives the status for it.
#[must_use]
pub fn status_of(error: &AskError, address: &Address) -> u8 {
    let (text, status) = match error {
        AskError::NoConnection(errno) => (format!("{address}: {}", reason(*errno)), 3),
        AskError::BadAnswer(what) => (format!("bad answer: {what}"), 4),
        AskError::Stdout(error) => {
            let errno = Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO));
            (format!("stdout: {}", reason(errno)), 1)
        }
    };
    crate::complain(&format!("filec: {text}"));
    status
}
