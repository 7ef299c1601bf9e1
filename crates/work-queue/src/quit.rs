//! SIGTERM ends a process, but only while it waits: an answer is never cut in two.
//!
//! The signal is blocked while a request is answered, and open only in the calls that wait for a client. The handler
//! calls `_exit`, so there is no race between looking at a flag and falling asleep: whenever the signal is open, it
//! ends the process at once; whenever it is not, it waits until it is.
#![allow(unsafe_code, reason = "sigaction(2) installs a handler, which Rust cannot check")]

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::time::TimeSpec;
use nix::unistd::{Pid, getppid};
use std::os::fd::AsFd;
use std::time::Duration;

/// The promise of this process to leave at SIGTERM. There is nothing in it: the kernel keeps mask and handler.
#[derive(Debug)]
pub struct Quit(());

extern "C" fn leave(_: libc::c_int) {
    // SAFETY: _exit(2) has no precondition and may be called in a signal handler.
    unsafe { libc::_exit(0) }
}

impl Quit {
    /// sigprocmask, sigaction—From now on SIGTERM ends this process with code 0, while it waits and not before.
    ///
    /// # Errors
    /// None in practice: SIGTERM is a valid signal.
    pub fn at_sigterm() -> Result<Self> {
        only_sigterm().thread_block().context("block SIGTERM")?;
        let action = SigAction::new(SigHandler::Handler(leave), SaFlags::empty(), SigSet::empty());
        // SAFETY: the handler calls _exit(2) and nothing else, which is async-signal-safe.
        unsafe { sigaction(Signal::SIGTERM, &action) }.context("install the handler of SIGTERM")?;
        Ok(Self(()))
    }

    /// prctl—The same, also for the day on which `boss`, this process's parent, dies without a word.
    ///
    /// # Errors
    /// See [`Quit::at_sigterm`].
    ///
    /// See also: `PR_SET_PDEATHSIG(2const)`
    pub fn with(boss: Pid) -> Result<Self> {
        let quit = Self::at_sigterm()?;
        nix::sys::prctl::set_pdeathsig(Signal::SIGTERM).context("ask for a signal when the boss dies")?;
        // It may have died before that call; then nobody will ever send the signal.
        if getppid() != boss {
            nix::sys::signal::raise(Signal::SIGTERM).context("end after the boss")?;
        }
        Ok(quit)
    }

    /// ppoll—Waits until there is something to read, or `most` is over: then the answer is false.
    ///
    /// The kernel opens the signal and falls asleep in one step, and blocks it again before this returns. So whatever
    /// was there to read is still there, and will be answered.
    ///
    /// # Errors
    /// None in practice.
    pub fn wait_to_read(&self, from: impl AsFd, most: Duration) -> nix::Result<bool> {
        let mut source = [PollFd::new(from.as_fd(), PollFlags::POLLIN)];
        match ppoll(&mut source, Some(TimeSpec::from_duration(most)), Some(SigSet::empty())) {
            Ok(0) => Ok(false),
            // Another signal: let the caller look, it finds nothing and comes back.
            Ok(_) | Err(Errno::EINTR) => Ok(true),
            Err(reason) => Err(reason),
        }
    }

    /// sigprocmask—Runs a call that may sleep, during which SIGTERM may end the process.
    ///
    /// For accept, where ppoll would wake all workers for one client. The price: a client that was accepted in the
    /// very moment of the signal sees its connection end without an answer.
    pub fn while_waiting<T>(&self, wait: impl FnOnce() -> T) -> T {
        // Neither call can fail: both name a valid signal.
        only_sigterm().thread_unblock().expect("SIGTERM can be opened");
        let result = wait();
        only_sigterm().thread_block().expect("SIGTERM can be blocked");
        result
    }
}

fn only_sigterm() -> SigSet {
    SigSet::from(Signal::SIGTERM)
}
