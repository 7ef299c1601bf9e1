//! `run`: producers and consumers on one pipe. See `pipe(7)`, "PIPE_BUF".
//!
//! A record is put by one write of at most PIPE_BUF bytes, so those of several producers do not mix. It is taken by
//! two reads, so consumers take one at a time, under a lock.

use crate::children::{Children, Role};
use crate::failure::{Failure, say};
use crate::lock::Lock;
use crate::options::Run;
use crate::places::Places;
use crate::record::{DATA, Record, Took};
use crate::stream::take;
use ipc_kit::{pipe, write_all};
use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::io::stdout;
use std::os::fd::OwnedFd;

/// Runs them all to their end.
///
/// # Errors
/// What the system says; `Incomplete` if not every record was printed.
pub fn run(options: &Run) -> Result<(), Failure> {
    todo!("M3: start a producer and a consumer, wait for both, print the total; many of each (M4)")
}
