//! Workers that take tasks from a [`Board`], and may die, or stop, in the midst of each. See `fork(2)`, `waitpid(2)`.
//!
//! There is no channel between dnc and a worker. A worker ends when all is done; so dnc waits for nothing but ends, and
//! learns from each what it has to do.

use ipc_kit::run_in_child;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid, getppid};

use crate::board::Board;
use crate::ending::{self, Ending};
use crate::failure::Failure;

/// The exit status of a worker whose task cannot be done: it has left the reason on the board.
const CANNOT: u8 = 3;
/// So many workers may die of one task.
const MOST_DEATHS: usize = 4;

/// What there is to do.
pub trait Tasks {
    /// Takes a task from the board for a worker; `None` if all are done.
    fn take(&self, board: &Board, worker: usize) -> Option<usize>;

    /// Does a task; nothing that may not be done twice, also at the same time.
    ///
    /// # Errors
    /// The task cannot be done by anybody.
    fn perform(&self, task: usize) -> Result<(), Failure>;

    /// What the user calls this task.
    fn name(&self, task: usize) -> String;
}

/// So many workers, whoever dies. Dropping it ends all of them.
pub struct Workers<'a> {
    board: &'a Board,
    tasks: &'a dyn Tasks,
    /// `None` while there is no process in this place.
    pids: Vec<Option<Pid>>,
    /// How many have died of each task.
    deaths: Vec<usize>,
}

impl<'a> Workers<'a> {
    /// Lets `n` workers do all of `count` tasks.
    ///
    /// # Errors
    /// A task cannot be done, or has killed four workers; `fork` failed.
    pub fn run(board: &'a Board, tasks: &'a dyn Tasks, count: usize, n: usize) -> Result<(), Failure> {
        let mut workers = Workers { board, tasks, pids: vec![None; n], deaths: vec![0; count] };
        for worker in 0..n {
            workers.hire(worker)?;
        }
        loop {
            let (pid, ending) = ending::wait(None).map_err(|errno| Failure::system("waitpid", errno))?;
            let Some(worker) = workers.pids.iter().position(|one| *one == Some(pid)) else { continue };
            workers.pids[worker] = None;
            if ending == Ending::Exit(0) && board.are_done(0..count) {
                // Whoever is still at work, or stopped, does what nobody needs any more.
                return Ok(());
            }
            if ending == Ending::Exit(CANNOT.into()) {
                return Err(board.reason(worker)?);
            }
            workers.bury(worker)?;
            workers.hire(worker)?;
        }
    }

    fn hire(&mut self, worker: usize) -> Result<(), Failure> {
        let (board, tasks, parent) = (self.board, self.tasks, getpid());
        let forked = run_in_child(|| match work(board, tasks, worker, parent) {
            Ok(()) => 0,
            Err(failure) => board.leave(worker, &failure).map_or(1, |()| CANNOT),
        });
        let pid = forked.map_err(|errno| Failure::system("fork", errno))?;
        self.pids[worker] = Some(pid);
        Ok(())
    }

    fn bury(&mut self, worker: usize) -> Result<(), Failure> {
        let Some(task) = self.board.bury(worker) else { return Ok(()) };
        self.deaths[task] += 1;
        if self.deaths[task] < MOST_DEATHS {
            return Ok(());
        }
        Err(Failure::new(self.tasks.name(task), format!("{MOST_DEATHS} workers died of it")))
    }
}

impl Drop for Workers<'_> {
    fn drop(&mut self) {
        for pid in self.pids.iter().flatten() {
            // It is not reaped, so the pid is its own; and whoever is stopped hears nothing else.
            let _ = kill(*pid, Signal::SIGKILL);
        }
        for pid in self.pids.iter().flatten() {
            let _ = ending::wait(Some(*pid));
        }
    }
}

/// A worker's life: one task after the other, until all are done, or dnc is no more.
fn work(board: &Board, tasks: &dyn Tasks, worker: usize, parent: Pid) -> Result<(), Failure> {
    // Whose parent has died has another one.
    while getppid() == parent {
        let Some(task) = tasks.take(board, worker) else { break };
        tasks.perform(task)?;
        board.finish(task, worker);
    }
    Ok(())
}
