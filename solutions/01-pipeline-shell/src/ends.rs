//! The pipe ends between the stages. See `pipe(7)`, `dup2(2)`.
//!
//! A reader sees the end of file only when *every* copy of the write end is closed, and a writer
//! gets SIGPIPE only when every copy of the read end is. So at any moment psh holds the ends of two
//! pipes at most: the read end of the last pipe and both ends of the next. Each child gets these
//! three, connects two, and closes all: itself, or by its exec.

use crate::failure::Failure;
use nix::fcntl::OFlag;
use nix::unistd::{dup2_stdin, dup2_stdout, pipe2};
use std::os::fd::OwnedFd;

/// The ends that concern the stage being started. `None` leaves its descriptor as psh has it.
#[derive(Debug, Default)]
pub struct Ends {
    /// What the stage reads from.
    pub stdin: Option<OwnedFd>,
    /// What the stage writes to.
    pub stdout: Option<OwnedFd>,
    /// The read end of the pipe behind `stdout`: for the next stage.
    next: Option<OwnedFd>,
}

impl Ends {
    /// The ends of a stage that is connected to files.
    pub fn between(stdin: Option<OwnedFd>, stdout: Option<OwnedFd>) -> Self {
        Ends { stdin, stdout, next: None }
    }

    /// Makes the pipe from this stage to the next.
    ///
    /// # Errors
    /// `EMFILE` or `ENFILE`, if there are too many open files.
    pub fn open_next(&mut self) -> Result<(), Failure> {
        // BEGIN SOLUTION
        let (read, write) = pipe2(OFlag::O_CLOEXEC).map_err(Failure::pipe)?;
        self.next = Some(read);
        self.stdout = Some(write);
        Ok(())
        // END SOLUTION
        // STUB: todo!("M2: make the pipe from this stage to the next")
    }

    /// In psh, when the stage is started: closes what was the stage's, keeps what is the next one's.
    pub fn advance(&mut self) {
        // BEGIN SOLUTION
        self.stdout = None;
        self.stdin = self.next.take();
        // END SOLUTION
        // STUB: // M2: close psh's copies of this stage's ends; the next stage reads from `next`
    }

    /// In the child: makes the ends descriptors 0 and 1, and closes the originals.
    pub(crate) fn connect(&mut self) -> nix::Result<()> {
        // BEGIN SOLUTION
        self.lay()?;
        self.close();
        // END SOLUTION
        // STUB: // M2: make `stdin` descriptor 0 and `stdout` descriptor 1 (dup2), close the originals
        Ok(())
    }
    // BEGIN SOLUTION

    /// The same in a child that will exec, which closes the originals, and that must not change psh's memory.
    pub(crate) fn lay(&self) -> nix::Result<()> {
        if let Some(stdin) = &self.stdin {
            dup2_stdin(stdin)?;
        }
        if let Some(stdout) = &self.stdout {
            dup2_stdout(stdout)?;
        }
        Ok(())
    }
    // END SOLUTION

    /// Closes all: in a child that is no stage, and in psh when a stage is started that has no successor.
    pub(crate) fn close(&mut self) {
        *self = Ends::default();
    }
}
