//! `superv`: keeps programs running.

use std::ffi::OsString;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::child::{self, Streams, ask_to_end, signal_group};
use crate::failure::{Failure, print, say};
use crate::names::Sig;
use crate::options::Superv;
use crate::signals::Signals;
use crate::table::{self, Entry, Restart};

/// Runs it, and gives its exit status.
///
/// # Errors
/// What the contract has a message for.
pub fn run(options: &Superv) -> Result<u8, Failure> {
    todo!("M6: start all, then wait for whoever ends, SIGTERM and SIGHUP")
}
