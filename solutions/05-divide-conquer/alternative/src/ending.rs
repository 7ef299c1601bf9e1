//! How a process has ended. See `waitpid(2)`.
//!
//! Signals are numbers here: a child can be killed by a real-time signal, too, and those have no names.

#![allow(unsafe_code, reason = "waitpid(2) with a status that any signal fits in")]

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::unistd::Pid;

/// How a process has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With this exit status.
    Exit(i32),
    /// By this signal.
    Signal(i32),
}

impl Ending {
    /// The status by which a shell would tell it: the exit status, or 128 + the signal.
    pub fn code(self) -> u8 {
        match self {
            Ending::Exit(status) => status as u8,
            Ending::Signal(signal) => 128 + signal as u8,
        }
    }
}

impl From<ExitStatus> for Ending {
    fn from(status: ExitStatus) -> Ending {
        // Without WUNTRACED only the two ways to end are reported.
        status.signal().map_or_else(|| Ending::Exit(status.code().unwrap_or_default()), Ending::Signal)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Exit(status) => write!(f, "exit status {status}"),
            Ending::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// Waits until a child has ended, `pid` or, without it, any; reaps it.
///
/// # Errors
/// `ECHILD`: there is no such child.
pub fn wait(pid: Option<Pid>) -> nix::Result<(Pid, Ending)> {
    let mut status = 0;
    let pid = retry(|| {
        // SAFETY: `status` is an int that waitpid may write until it returns.
        Errno::result(unsafe { libc::waitpid(pid.map_or(-1, Pid::as_raw), &raw mut status, 0) })
    })?;
    Ok((Pid::from_raw(pid), ExitStatus::from_raw(status).into()))
}
