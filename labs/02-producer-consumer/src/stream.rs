//! Records on a byte stream: a pipe, a FIFO, a file. See `read(2)`, `write(2)`, `pipe(7)`, `poll(2)`.

use crate::consume::Source;
use crate::failure::Failure;
use crate::produce::Sink;
use crate::record::{HEADER, Header, Record, Sent, Took};
use crate::terminate::Hold;
use ipc_kit::retry;
use nix::libc::PIPE_BUF;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::{read, write};
use std::os::fd::AsFd;

/// Takes records from a stream.
#[derive(Debug)]
pub struct StreamSource<F> {
    from: F,
    what: String,
    try_: bool,
}

impl<F: AsFd> StreamSource<F> {
    /// Records from `from`; `what` it is called in messages.
    pub fn new(from: F, what: String, try_: bool) -> Self {
        Self { from, what, try_ }
    }
}

impl<F: AsFd> Source for StreamSource<F> {
    fn take(&mut self) -> Result<Took, Failure> {
        todo!("M2: take one record; with --try, only if something is there (M8)")
    }
}

/// Takes one record from a stream: exactly its bytes.
///
/// # Errors
/// As read(2).
pub fn take(from: impl AsFd) -> nix::Result<Took> {
    todo!("M2: read a header, judge it, read the payload; each of them may come in pieces, or end too early")
}

/// Sends records into a stream.
#[derive(Debug)]
pub struct StreamSink<F> {
    to: F,
    what: String,
    try_: bool,
}

impl<F: AsFd> StreamSink<F> {
    /// Records with payloads of `size` bytes into `to`, which is called `what` in messages.
    ///
    /// # Errors
    /// As fstat(2).
    pub fn new(to: F, what: String, size: usize, try_: bool) -> Result<Self, Failure> {
        Ok(Self { to, what, try_ })
    }
}

impl<F: AsFd> Sink for StreamSink<F> {
    fn send(&mut self, record: &Record) -> Result<Sent, Failure> {
        todo!("M2: write the whole record; mind SIGTERM (M3), and with --try look for room first (M8)")
    }
}
