//! The builtins about jobs: `wait`, `jobs`, `fg`. See `waitpid(2)`, `killpg(3)`.

use crate::builtins::{fail, misuse, number, print};
use crate::jobs::Job;
use crate::shell::Shell;
use crate::wait::State;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getpgrp};

impl Shell {
    /// `wait [PID...]`
    pub(crate) fn wait(&mut self, arguments: &[Vec<u8>]) -> u8 {
        todo!("M6: wait for all jobs that are not stopped, or for these processes")
    }

    /// `jobs`
    pub(crate) fn list_jobs(&mut self, arguments: &[Vec<u8>]) -> u8 {
        todo!("M6: print a line for each job, then forget those that are done")
    }

    /// `fg [N]`
    pub(crate) fn fg(&mut self, arguments: &[Vec<u8>]) -> u8 {
        todo!("M6: give the job the terminal, continue it and wait for it")
    }

    fn state_of(&self, job: &Job) -> State {
        job.processes.state(&self.children, self.pipefail)
    }
}
