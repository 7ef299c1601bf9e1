//! How attempts end: by an answer, by the worker's death, or because the lease has passed. See `waitpid(2)`, `kill(2)`.

use std::time::Duration;

use nix::unistd::Pid;

use super::{Ended, Pool};
use crate::failure::Failure;

impl Pool {
    /// The worker's channel is readable: takes its answer, or its end. Gives the task that has ended by it.
    ///
    /// # Errors
    /// What recvmsg(2) says.
    pub fn look_at(&mut self, pid: Pid) -> Result<Option<Ended>, Failure> {
        todo!("M1: take an answer; M5: or the end of the worker")
    }

    /// How long until the next lease passes.
    pub fn next_lease(&self) -> Option<Duration> {
        todo!("M7: the nearest end of a lease")
    }

    /// Gives up each worker whose lease has passed. Gives the tasks that have ended by it.
    pub fn expire(&mut self) -> Vec<Ended> {
        todo!("M7: give up the workers whose lease has passed")
    }

    /// Lets all workers end, and reaps them in the order of their ends.
    pub fn finish(&mut self) {
        todo!("M2: let all workers end, and reap them")
    }
}
