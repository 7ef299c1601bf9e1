//! Signals, from the kernel into the program. See signal(7), sigaction(2), sigprocmask(2), ppoll(2), signal-safety(7).

#![allow(unsafe_code, reason = "handlers, real-time signals and siginfo have no safe wrapper")]

use std::os::fd::BorrowedFd;
use std::time::Duration;

use nix::errno::Errno;

use crate::names::Sig;

/// A signal that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Which one.
    pub signal: Sig,
    /// The value that sigqueue(3) sent with it.
    pub value: Option<i32>,
}

/// Why a wait has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// A signal has come.
    Signal(Arrival),
    /// There is input at the descriptor, or its end.
    Ready,
    /// The time has passed.
    Timeout,
}

/// The signals that this program waits for.
pub struct Signals {}

impl Signals {
    /// From now on these signals do not end the program: each comes out of [`next`](Self::next) or
    /// [`wait`](Self::wait), once for each delivery.
    ///
    /// # Errors
    /// The signal that cannot be caught, and why.
    pub fn catch(signals: &[Sig]) -> Result<Self, (Sig, Errno)> {
        todo!("M1: sigaction; which signals are blocked, and when?")
    }

    /// Waits for the next signal.
    ///
    /// # Errors
    /// What the system call says.
    pub fn next(&self) -> nix::Result<Arrival> {
        todo!("M1: wait until a signal has come; none may be lost that comes just before the wait")
    }

    /// A signal that has come already, if there is one. Does not wait.
    ///
    /// # Errors
    /// What the system call says.
    pub fn take(&self) -> nix::Result<Option<Arrival>> {
        todo!("M2: the next signal that is pending")
    }

    /// Waits for a signal, for input at a descriptor (its end, too), or the end of a time, whichever is first.
    ///
    /// # Errors
    /// What the system call says.
    pub fn wait(&self, input: Option<BorrowedFd<'_>>, longest: Option<Duration>) -> nix::Result<Woken> {
        todo!("M5: wait for input and signals at once; M7: and for a time")
    }

    /// In a child, before it runs another program: no signal is caught any more, and none is blocked.
    /// Async-signal-safe.
    ///
    /// # Errors
    /// What the system calls say.
    pub fn leave(&self) -> nix::Result<()> {
        todo!("M6: what must a new program not inherit?")
    }
}

/// Ignores a signal.
///
/// # Errors
/// `EINVAL` for what cannot be ignored.
pub fn ignore(signal: Sig) -> nix::Result<()> {
    todo!("M1: sigaction with SIG_IGN")
}

/// Whether a signal is ignored.
///
/// # Errors
/// What sigaction(2) says.
pub fn is_ignored(signal: Sig) -> nix::Result<bool> {
    todo!("M1: ask sigaction, and change nothing")
}

/// Ends this process by this signal, so that whoever waits for it sees which one it was.
///
/// # Errors
/// Only if the signal does not end a process.
pub fn die_of(signal: Sig) -> nix::Result<std::convert::Infallible> {
    todo!("M1: the default action, then the signal again; is it blocked?")
}
