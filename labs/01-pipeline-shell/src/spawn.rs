//! The one place where psh forks. See `fork(2)`, `setpgid(2)`.

#![allow(unsafe_code, reason = "fork(2), its kin and _exit(2)")]

use crate::failure::{Failure, complain, reason};
use crate::shell::Shell;
use nix::errno::Errno;
use nix::libc;
use nix::unistd::{ForkResult, Pid, fork, getpid, setpgid};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// The process group of a new child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// That of the shell which starts it.
    Same,
    /// One of its own.
    New {
        /// Whether it gets the terminal.
        foreground: bool,
    },
    /// That of the process which started it.
    Join(Pid),
}

impl Shell {
    /// Starts a process that does `work` and exits with the status it returns.
    ///
    /// `work` may only borrow what holds descriptors, never own it: the child may have closed it.
    ///
    /// # Errors
    /// `EAGAIN` or `ENOMEM`, if there are too many processes.
    pub fn start_process(
        &mut self,
        group: Group,
        work: impl FnOnce(&mut Shell) -> nix::Result<u8>,
    ) -> Result<Pid, Failure> {
        todo!("M1: fork; the child does `work` and leaves by _exit, psh notes the child's pid")
    }
}
