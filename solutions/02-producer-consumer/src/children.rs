//! The processes that prodcon starts: known by their role, reaped, and never left behind. See `waitpid(2)`.

use crate::failure::{Failure, complain};
use crate::terminate;
use ipc_kit::{exit_code, retry};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::wait;
use nix::unistd::Pid;

/// What a child is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A producer with its number.
    Producer(u16),
    /// A consumer with its number.
    Consumer(u16),
    /// A process of `print` with its number.
    Printer(u16),
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Producer(number) => write!(f, "producer {number}"),
            Self::Consumer(number) => write!(f, "consumer {number}"),
            Self::Printer(number) => write!(f, "process {number}"),
        }
    }
}

/// The children that were started and not yet reaped. Dropping kills and reaps them.
#[derive(Debug, Default)]
pub struct Children {
    running: Vec<(Pid, Role)>,
}

impl Children {
    /// Starts a child that does `work`, tells what went wrong, and ends with its status.
    ///
    /// # Errors
    /// As fork(2).
    pub fn start(&mut self, role: Role, work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
        // BEGIN SOLUTION
        let child = terminate::start(|| match work() {
            Ok(()) => 0,
            Err(failure) => {
                failure.tell();
                failure.status()
            }
        })
        .map_err(Failure::on("fork"))?;
        self.running.push((child, role));
        Ok(())
        // END SOLUTION
        // STUB: todo!("M3: terminate::start, and note who it is")
    }

    /// Waits for the next child to end, and tells who it was and whether all was well. `None`: nobody is left.
    ///
    /// # Errors
    /// As wait(2).
    pub fn wait_for_next(&mut self) -> Result<Option<(Role, bool)>, Failure> {
        // BEGIN SOLUTION
        while !self.running.is_empty() {
            let ended = retry(wait).map_err(Failure::on("wait"))?;
            let Some(place) = self.running.iter().position(|(pid, _)| Some(*pid) == ended.pid()) else {
                continue;
            };
            let Some(code) = exit_code(ended) else { continue };
            let (pid, role) = self.running.swap_remove(place);
            terminate::reaped(pid);
            if code != 0 {
                complain(format_args!("{role} died"));
            }
            return Ok(Some((role, code == 0)));
        }
        Ok(None)
        // END SOLUTION
        // STUB: todo!("M3: wait for any child, find it in the list, tell terminate::reaped; say if it died (M4)")
    }

    /// Kills and reaps all that are left.
    pub fn kill_all(&mut self) {
        // BEGIN SOLUTION
        for (pid, _) in &self.running {
            // It cannot have been reaped by anybody else: at worst it is a zombie, which does not mind.
            let _ = kill(*pid, Signal::SIGKILL);
        }
        for (pid, _) in self.running.drain(..) {
            let _ = ipc_kit::wait_for(pid);
            terminate::reaped(pid);
        }
        // END SOLUTION
        // STUB: todo!("M4: SIGKILL for each, and waitpid for each")
    }
}
// BEGIN SOLUTION

impl Drop for Children {
    fn drop(&mut self) {
        self.kill_all();
    }
}
// END SOLUTION
