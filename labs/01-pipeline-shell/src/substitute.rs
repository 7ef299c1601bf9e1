//! `$(LIST)`: a child's output becomes text. See `pipe(7)`.
//!
//! psh reads to the end of the file first and waits for the child after. The other way round, a
//! child with more output than the pipe holds would wait for psh, and psh for the child.

use crate::ast::List;
use crate::failure::Failure;
use crate::shell::Shell;
use crate::spawn::Group;
use crate::wait::State;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, dup2_stdout, getpgrp, pipe2, read};
use std::os::fd::OwnedFd;

impl Shell {
    /// Runs the list in a child; returns what it printed, newlines at the end cut and NUL bytes
    /// dropped, and its status.
    ///
    /// # Errors
    /// If there are too many open files or processes.
    pub fn substitute(&mut self, list: &List) -> Result<(Vec<u8>, u8), Failure> {
        todo!("M7: run the list in a child (`run_copy`) and read what it prints, then wait for it")
    }
}
