//! How a process ends, so that its parent knows the reason.

use crate::action;
use crate::set;
use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::WaitStatus;
use std::fmt;

/// What waitpid(2) tells of an ended process. A shell shows both as one number, 128 + n for signal n; the kernel does
/// not mix them up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It called exit with this code.
    Code(i32),
    /// This signal ended it.
    Signal(Signal),
}

impl End {
    /// Reads a status.
    ///
    /// # Errors
    /// When the process has not ended: it was only stopped, or continued.
    pub fn of(status: WaitStatus) -> Result<Self> {
        match status {
            WaitStatus::Exited(_, code) => Ok(Self::Code(code)),
            WaitStatus::Signaled(_, signal, _) => Ok(Self::Signal(signal)),
            other => bail!("the process has not ended: {other:?}"),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Code(code) => write!(out, "exit code {code}"),
            Self::Signal(signal) => write!(out, "ended by {signal}"),
        }
    }
}

/// sigaction, raise — Ends this process by the signal that asked it to end, after all is cleaned up. So the parent sees
/// the true reason: a shell stops its loop at Ctrl-C only if its child *died of* SIGINT.
///
/// # Errors
/// When the signal's default does not end a process, as that of SIGCHLD.
pub fn by(signal: Signal) -> Result<std::convert::Infallible> {
    action::restore_default(signal).with_context(|| format!("give {signal} its default back"))?;
    raise(signal).with_context(|| format!("raise {signal}"))?;
    // It was blocked until here, or else it has ended us in the line above.
    set::of([signal]).thread_unblock().with_context(|| format!("unblock {signal}"))?;
    bail!("{signal} does not end a process by default")
}
