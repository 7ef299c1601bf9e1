//! Records from a stream, and the queue that they are. See read(2), poll(2).

use std::os::fd::BorrowedFd;

use ipc_kit::retry;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::read;

use crate::record::{DATA, HEADER, Header, Request};

/// So much is read at once.
const BLOCK: usize = 1 << 16;

/// What the stream gives next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// A request.
    Request(Request),
    /// What has been read is no whole record; read more.
    More,
    /// End of file, between two records.
    End,
    /// End of file inside a record.
    Truncated,
    /// What the contract has no name for.
    Malformed,
}

/// The bytes of a stream that have been read and not been used.
pub struct Input<'a> {
    stream: BorrowedFd<'a>,
    /// Records with data so far, the dropped ones too.
    pub records: u64,
}

impl<'a> Input<'a> {
    /// Nothing has been read yet.
    #[must_use]
    pub fn new(stream: BorrowedFd<'a>) -> Self {
        Self { stream, records: 0 }
    }

    /// The next request among the bytes that are here. Reads nothing.
    pub fn take(&mut self) -> Next {
        todo!("M5: where does a record end? A read may bring half of one, or three")
    }

    /// Reads once: waits if nothing is there.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn fill(&mut self) -> nix::Result<()> {
        todo!("M5: read; what if a signal comes meanwhile?")
    }

    /// Drops all that is queued: what has been read, and what can be read without waiting. A record of which a part is here is
    /// dropped when the rest has come. Gives their number.
    ///
    /// # Errors
    /// What the system calls say.
    pub fn flush(&mut self) -> nix::Result<u64> {
        todo!("M8: where does the queue lie?")
    }
}
