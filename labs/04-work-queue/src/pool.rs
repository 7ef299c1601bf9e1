//! The workers and what they do: who is idle, who has which task until when, who has died.
//!
//! The pool knows nothing of where tasks come from or where answers go. `run.rs`, `serve.rs` and `web.rs` bring it
//! tasks by [`Pool::dispatch`] and take from it what has ended (`ends.rs`).

mod ends;

use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::time::Duration;

use nix::unistd::Pid;

use crate::failure::Failure;
use crate::job::Job;
use crate::line::Answer;
use crate::options::Stage;

/// What a pool is made of.
#[derive(Debug, Default)]
pub struct Plan {
    /// Its stages, one at least.
    pub stages: Vec<Stage>,
    /// Room for waiting tasks between two stages.
    pub queue: usize,
    /// How often a task is tried again.
    pub retries: u32,
    /// How long an attempt may take.
    pub lease: Option<Duration>,
    /// A process for each attempt.
    pub one_task: bool,
    /// Workers answer HTTP from this folder.
    pub root: Option<PathBuf>,
}

/// A task that has its answer.
#[derive(Debug)]
pub struct Ended {
    /// The task.
    pub job: Job,
    /// Whose answer it is.
    pub pid: Pid,
    /// What it is.
    pub answer: Answer,
    /// Whether the worker was there to say so itself.
    pub by_worker: bool,
}

/// The workers.
#[derive(Debug)]
pub struct Pool {
    /// No attempt is started any more.
    pub is_draining: bool,
}

impl Pool {
    /// Makes a pool; in pool mode, all its workers.
    ///
    /// # Errors
    /// When a worker cannot be made; those that were made have ended then.
    pub fn start(plan: Plan) -> Result<Pool, Failure> {
        todo!("M1: a pool; M2: with its workers")
    }

    /// Puts a new task behind those that wait for the first stage.
    pub fn put(&mut self, job: Job) {
        todo!("M1: queue the task")
    }

    /// Whether no task is here.
    pub fn is_empty(&self) -> bool {
        todo!("M1: whether all tasks have ended")
    }

    /// Replaces the dead, then brings tasks and idle workers together. `next` is asked for a task when the first stage
    /// has none waiting.
    ///
    /// # Errors
    /// When a worker cannot be made. No task is lost.
    pub fn dispatch(&mut self, mut next: impl FnMut() -> Option<Job>) -> Result<(), Failure> {
        todo!("M1: a process for a task; M3: a task for each idle worker")
    }

    /// What to poll for input: one channel for each worker, with the worker's pid.
    pub fn channels(&self) -> impl Iterator<Item = (Pid, BorrowedFd<'_>)> {
        std::iter::empty()
    }
}
