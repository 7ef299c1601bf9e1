//! Shields the referee from the programs it starts.

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::prctl;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use std::os::fd::{BorrowedFd, RawFd};

/// Makes the calling referee untouchable for what it will start.
///
/// Not dumpable: nobody of its own uid may trace it, or read its memory, file and descriptors in `/proc`. And all
/// that [`guard`] does.
///
/// # Errors
/// The refused system call.
pub fn shield(verdict_fd: Option<RawFd>) -> Result<()> {
    prctl::set_dumpable(false).context("stop being dumpable")?;
    guard(verdict_fd)
}

/// Makes the calling referee ready for the programs it will start, be they friends or not.
///
/// - No handlers: process 1 of a sandbox cannot be hit by a signal that it does not handle. Rust's runtime
///   handles SIGSEGV and SIGBUS (stack overflow) and ignores SIGPIPE, which stays.
/// - Subreaper: orphans of the programs come to it, also where it is not process 1.
/// - `verdict_fd` is closed on exec.
///
/// To be called before the first program is started, where a verdict pipe is given.
///
/// # Errors
/// The refused system call.
#[allow(unsafe_code, reason = "sigaction(2), and a descriptor that is only known as a number")]
pub fn guard(verdict_fd: Option<RawFd>) -> Result<()> {
    prctl::set_child_subreaper(true).context("become the subreaper")?;
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    for signal in [Signal::SIGSEGV, Signal::SIGBUS] {
        // SAFETY: the default action runs no code of ours.
        unsafe { sigaction(signal, &default) }.with_context(|| format!("put {signal} to its default"))?;
    }
    if let Some(fd) = verdict_fd {
        // SAFETY: borrowed for one call; the kernel refuses a number that is not open.
        let fd = unsafe { BorrowedFd::borrow_raw(fd) };
        fcntl(fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).context("close the verdict pipe on exec")?;
    }
    Ok(())
}
