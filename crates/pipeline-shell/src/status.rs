//! wait: how a parent learns that a child ended, and how.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fmt;

/// How a process ended. There are two ways, and only one of them is a number the program chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It called exit with this code. Only the lowest 8 bits of the number arrive.
    Exited(u8),
    /// A signal ended it.
    Killed(Signal),
}

impl Status {
    /// The one number a shell makes of it (`$?`): the code, or 128 + the signal's number.
    #[must_use]
    pub fn shell_code(self) -> u8 {
        match self {
            Self::Exited(code) => code,
            Self::Killed(signal) => 128 + signal as u8,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit code {code}"),
            Self::Killed(signal) => write!(f, "killed by {signal}"),
        }
    }
}

/// waitpid—Waits until the child `pid` has ended, and says how; then the kernel forgets the child.
///
/// Until then the child stays in the process table as a zombie. Each child can be waited for once.
///
/// # Errors
/// `ECHILD` when `pid` is not a child of this process, or was waited for before.
///
/// See also: `waitpid(2)`
pub fn wait(pid: Pid) -> Result<Status> {
    loop {
        match waitpid(pid, None) {
            Ok(WaitStatus::Exited(_, code)) => return Ok(Status::Exited(code as u8)),
            Ok(WaitStatus::Signaled(_, signal, _)) => return Ok(Status::Killed(signal)),
            // Stopped or continued is not ended, and a signal of our own is no news of the child.
            Ok(_) | Err(Errno::EINTR) => {}
            Err(reason) => return Err(reason).with_context(|| format!("wait for process {pid}")),
        }
    }
}
