//! Workers that a boss hires one by one, each at the end of a line of its own.
//!
//! ```text
//!          ┌── line 1 ──  worker 1
//!   boss ──┤
//!          └── line 2 ──  worker 2     fork gave it a copy of line 1's near end: it must close that first
//! ```
//!
//! **Invariant: a worker holds its own end of its own line, and no other.** Close-on-exec does nothing for this: a worker
//! never calls exec. A worker that kept the near end of line 1 would keep worker 1 waiting for ever.

use anyhow::{Context, Result};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::Pid;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A boss's workers. They end, and are waited for, when this is dropped: their lines end first.
#[derive(Debug, Default)]
pub struct Crew(Vec<(Pid, OwnedFd)>);

impl Crew {
    /// socketpair, fork—Starts a worker that gets the far end of a new line. It should end when the line does.
    ///
    /// The line keeps messages apart (SOCK_SEQPACKET) and goes both ways.
    ///
    /// # Errors
    /// When no descriptor or no process is left.
    pub fn hire(&mut self, work: impl FnOnce(OwnedFd) -> Result<()>) -> Result<()> {
        let line = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC);
        let (near, far) = line.context("make a line")?;
        let mut near = Some(near);
        let worker = ipc_kit::run_in_child(|| {
            // In the worker these are copies: what the boss holds stays open.
            self.0.clear();
            near = None;
            match work(far) {
                Ok(()) => 0,
                Err(error) => {
                    eprintln!("worker: {error:#}");
                    1
                }
            }
        });
        let near = near.context("keep the near end")?;
        self.0.push((worker.context("start a worker")?, near));
        Ok(())
    }

    /// The pid of worker `number`, counted from 0.
    #[must_use]
    pub fn pid(&self, number: usize) -> Pid {
        self.0[number].0
    }

    /// The line to worker `number`, counted from 0.
    #[must_use]
    pub fn line(&self, number: usize) -> BorrowedFd<'_> {
        self.0[number].1.as_fd()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for (worker, line) in self.0.drain(..) {
            drop(line);
            ipc_kit::wait_for(worker).expect("a worker that was not reaped can be waited for");
        }
    }
}
