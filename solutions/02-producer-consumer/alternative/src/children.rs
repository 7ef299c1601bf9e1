//! The processes that prodcon starts: known by their role, reaped, and never left behind. See `waitpid(2)`,
//! `sigwait(3)`.
//!
//! The parent waits for its children and for SIGTERM in one call, because the end of a child is a signal, too.

use std::fmt;

use ipc_kit::{exit_code, retry, run_in_child, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::failure::{Failure, complain};
use crate::terminate;

/// What a child is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A producer with its number.
    Producer(u16),
    /// A consumer with its number.
    Consumer(u16),
    /// A process of `print` with its number.
    Printer(u16),
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Producer(number) => write!(f, "producer {number}"),
            Self::Consumer(number) => write!(f, "consumer {number}"),
            Self::Printer(number) => write!(f, "process {number}"),
        }
    }
}

/// The children that were started and not yet reaped. Dropping kills and reaps them.
#[derive(Debug, Default)]
pub(crate) struct Children {
    running: Vec<(Pid, Role)>,
}

impl Children {
    /// Starts a child that does `work`, tells what went wrong, and ends with its status.
    ///
    /// # Errors
    /// As fork(2).
    pub(crate) fn start(
        &mut self,
        role: Role,
        work: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<Pid, Failure> {
        let child = run_in_child(|| {
            // A child has nothing to put in order: SIGTERM may end it wherever it is.
            terminate::let_in();
            let Err(failure) = work() else { return 0 };
            failure.tell();
            failure.status()
        });
        let child = child.map_err(Failure::on("fork"))?;
        self.running.push((child, role));
        Ok(child)
    }

    /// Waits for the next child to end, and gives its role and status. One that was killed is told of. `None`:
    /// nobody is left.
    ///
    /// # Errors
    /// `Terminated`; as waitpid(2) and sigwait(3).
    pub(crate) fn next(&mut self) -> Result<Option<(Role, u8)>, Failure> {
        while !self.running.is_empty() {
            let status = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => {
                    self.sleep()?;
                    continue;
                }
                other => other.map_err(Failure::on("waitpid"))?,
            };
            let Some(place) = self.running.iter().position(|&(child, _)| Some(child) == status.pid()) else {
                continue;
            };
            let Some(code) = exit_code(status) else { continue };
            let (_, role) = self.running.swap_remove(place);
            if matches!(status, WaitStatus::Signaled(..)) {
                complain(format_args!("{role} died"));
            }
            return Ok(Some((role, code)));
        }
        Ok(None)
    }

    /// Until a child has ended. One that ended before is not missed: its signal is pending.
    fn sleep(&self) -> Result<(), Failure> {
        match retry(|| terminate::signals().wait()).map_err(Failure::on("sigwait"))? {
            Signal::SIGTERM => Err(Failure::Terminated),
            _ => Ok(()),
        }
    }

    /// Kills and reaps all that are left: also one that is stopped.
    pub(crate) fn kill_all(&mut self) {
        for &(child, _) in &self.running {
            // ESRCH cannot be: a child that was not reaped keeps its number.
            let _ = kill(child, Signal::SIGKILL);
        }
        for (child, _) in self.running.drain(..) {
            // Nor can ECHILD.
            let _ = wait_for(child);
        }
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.kill_all();
    }
}
