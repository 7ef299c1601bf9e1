//! Two sources at once: neither waits for the other. See `poll(2)`.
//!
//! A stream keeps what it has of an unfinished record in a buffer of its own, and is read only when poll says
//! that something is there. A POSIX queue is a descriptor, too (on Linux); a System V queue is none.

use crate::consume::{Source, print};
use crate::failure::Failure;
use crate::fifo;
use crate::posix_queue::{DEFAULT_CAPACITY, PosixQueue};
use crate::record::{DATA, HEADER, Header, Record, Took};
use crate::target::Target;
use crate::terminate;
use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{dup, read};
use std::io::stdin;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Prints the records of all targets as they come, until all have ended.
///
/// # Errors
/// `Truncated`, `Malformed`, and what the system says.
pub fn consume(targets: &[Target]) -> Result<(), Failure> {
    todo!("M7: poll all sources, and print what is there; keep the bytes of an unfinished record")
}
