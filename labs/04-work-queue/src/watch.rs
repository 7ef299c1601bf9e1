//! Waiting for many things at once. See `poll(2)`.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use ipc_kit::retry;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::Pid;

use crate::failure::Failure;
use crate::pool::Pool;

/// Something that may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A worker has answered, or has ended.
    Worker(Pid),
    /// SIGTERM has come.
    Termination,
    /// Standard input can be read.
    Input,
    /// Somebody wants to connect.
    Listener,
    /// The client of this number can be read, can be written, or is gone.
    Client(u64),
}

/// What is waited for.
#[derive(Debug, Default)]
pub struct Watch<'a> {
    what: Vec<What>,
    descriptors: Vec<PollFd<'a>>,
}

impl<'a> Watch<'a> {
    /// Watches all workers.
    pub fn of(pool: &'a Pool) -> Watch<'a> {
        let mut watch = Watch::default();
        for (pid, channel) in pool.channels() {
            watch.add(What::Worker(pid), channel, PollFlags::POLLIN);
        }
        watch
    }

    /// Watches one descriptor more. That its other side is gone is told even if no event is asked for.
    pub fn add(&mut self, what: What, descriptor: BorrowedFd<'a>, events: PollFlags) {
        self.what.push(what);
        self.descriptors.push(PollFd::new(descriptor, events));
    }

    /// Waits until something has happened, or the time is over. Tells what has happened.
    ///
    /// # Errors
    /// What poll(2) says.
    pub fn wait(mut self, longest: Option<Duration>) -> Result<Vec<(What, PollFlags)>, Failure> {
        todo!("M3: wait for whatever happens first")
    }
}
