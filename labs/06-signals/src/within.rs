//! `within`: a command and all it has started get a limit of time.

use std::convert::Infallible;
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use crate::child::{self, Streams, ask_to_end, signal_group};
use crate::failure::Failure;
use crate::names::Sig;
use crate::options::Within;
use crate::signals::{Signals, Woken, die_of, is_ignored};

/// Runs it, and gives its exit status.
///
/// # Errors
/// What the contract has a message for.
pub fn run(options: &Within) -> Result<u8, Failure> {
    todo!("M7: start CMD, and wait for its end, its limit, or a signal, whichever is first")
}
