//! The children of a boss: started, counted, reaped, and ended before the boss ends.

use crate::quit::Quit;
use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};
use std::collections::BTreeSet;

/// Every child that is not yet reaped.
#[derive(Debug, Default)]
pub struct Children(BTreeSet<Pid>);

impl Children {
    /// fork—Starts a child that runs `body`, and that leaves when this process does.
    ///
    /// # Errors
    /// `EAGAIN`: too many processes.
    pub fn start(&mut self, body: impl FnOnce(&Quit) -> Result<()>) -> Result<()> {
        let boss = getpid();
        let child = ipc_kit::run_in_child(|| match Quit::with(boss).and_then(|quit| body(&quit)) {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("work-queue: process {}: {error:#}", getpid());
                1
            }
        });
        self.0.insert(child.context("fork a process")?);
        Ok(())
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// waitpid—Takes leave of every child that has ended, and tells how each of them did. Does not wait.
    ///
    /// A loop, because one SIGCHLD may stand for many ends.
    ///
    /// # Errors
    /// None in practice.
    pub fn reap(&mut self) -> Result<Vec<WaitStatus>> {
        let mut ended = Vec::new();
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(ended),
                Ok(status @ (WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..))) => {
                    self.0.remove(&pid);
                    ended.push(status);
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(reason) => return Err(reason).context("reap the children"),
            }
        }
    }
}

/// kill, waitpid—Tells each child to leave, and waits until it has: it may still be answering. So a boss leaves
/// nobody behind, whatever it leaves for.
impl Drop for Children {
    fn drop(&mut self) {
        for pid in &self.0 {
            // It cannot be the wrong process: a child's number is its own until it is reaped here.
            kill(*pid, Signal::SIGTERM).expect("a child that was not reaped can be signalled");
        }
        for pid in &self.0 {
            ipc_kit::wait_for(*pid).expect("a child that was not reaped can be waited for");
        }
    }
}
