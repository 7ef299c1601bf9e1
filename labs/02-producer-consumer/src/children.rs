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
        todo!("M3: terminate::start, and note who it is")
    }

    /// Waits for the next child to end, and tells who it was and whether all was well. `None`: nobody is left.
    ///
    /// # Errors
    /// As wait(2).
    pub fn wait_for_next(&mut self) -> Result<Option<(Role, bool)>, Failure> {
        todo!("M3: wait for any child, find it in the list, tell terminate::reaped; say if it died (M4)")
    }

    /// Kills and reaps all that are left.
    pub fn kill_all(&mut self) {
        todo!("M4: SIGKILL for each, and waitpid for each")
    }
}
