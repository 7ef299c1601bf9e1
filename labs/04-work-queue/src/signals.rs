//! SIGTERM as one more thing that poll waits for, and what a worker must not inherit. See `signalfd(2)`.

#![allow(unsafe_code, reason = "sigaction(2) is unsafe because of handlers; there is none here")]

use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::failure::Failure;

/// Readable when SIGTERM has come.
#[derive(Debug)]
pub struct Terminations(SignalFd);

impl Terminations {
    /// From now on SIGTERM does not end this process, but can be polled for.
    ///
    /// # Errors
    /// When no descriptor is left.
    pub fn new() -> Result<Terminations, Failure> {
        todo!("M7: turn SIGTERM into an event")
    }

    /// Whether SIGTERM has come since this was asked last.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn take(&self) -> Result<bool, Failure> {
        todo!("M7: take the event")
    }
}

impl AsFd for Terminations {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// No signal is blocked any more: for a worker, which inherits what the boss has blocked.
///
/// # Errors
/// What sigprocmask(2) says.
pub fn unblock_all() -> nix::Result<()> {
    todo!("M7: a worker must not inherit what the boss blocks")
}

/// `signal` has its default effect on this process again. Given: `crash` needs it.
///
/// # Errors
/// What sigaction(2) says.
pub fn restore(signal: Signal) -> nix::Result<()> {
    if !matches!(signal, Signal::SIGKILL | Signal::SIGSTOP) {
        let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        // SAFETY: the default action runs no code of ours.
        unsafe { sigaction(signal, &default) }?;
    }
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)
}
