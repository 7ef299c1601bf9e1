//! A part of the work in a child of its own. See `fork(2)`, `pipe(2)`, `waitpid(2)`.

use std::os::fd::OwnedFd;

use nix::unistd::Pid;

use crate::failure::Failure;

/// A child that works, and the pipe by which its result comes.
#[derive(Debug)]
pub struct Child {
    part: usize,
    pid: Pid,
    result: OwnedFd,
}

impl Child {
    /// Starts a child that does `body` for part `part`, and sends what it returns.
    ///
    /// # Errors
    /// `fork` or `pipe` failed.
    pub fn start(part: usize, body: impl FnOnce() -> Result<Vec<u8>, Failure>) -> Result<Child, Failure> {
        todo!("M1: make a pipe and a child that sends its result through it")
    }

    /// Waits for the result, and for the end of the child.
    ///
    /// # Errors
    /// The child did not end well: then whatever it has sent is no result.
    pub fn finish(self) -> Result<Vec<u8>, Failure> {
        todo!("M1: read the result, then reap the child")
    }
}
