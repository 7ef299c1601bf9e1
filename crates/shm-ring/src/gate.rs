//! For the demonstrations: a gate between two processes, made of a pipe. It replaces every sleep: a process stands at
//! the gate until the other one opens it, so that two processes do their steps in exactly the order that we want.

use std::os::fd::OwnedFd;

use anyhow::{Context, Result, ensure};
use nix::unistd::read;

/// A gate, to be made before the fork.
#[derive(Debug)]
pub struct Gate {
    read: OwnedFd,
    write: OwnedFd,
}

impl Gate {
    /// A closed gate.
    ///
    /// # Errors
    /// When no descriptor is left.
    pub fn new() -> Result<Self> {
        let (read, write) = ipc_kit::pipe().context("make a gate")?;
        Ok(Self { read, write })
    }

    /// Lets one process pass, now or later.
    ///
    /// # Errors
    /// When the pipe is broken.
    pub fn open(&self) -> Result<()> {
        ipc_kit::write_all(&self.write, b".").context("open a gate")
    }

    /// Waits until the gate has been opened, and closes it behind.
    ///
    /// # Errors
    /// When the pipe is broken.
    pub fn pass(&self) -> Result<()> {
        let count = ipc_kit::retry(|| read(&self.read, &mut [0])).context("stand at a gate")?;
        ensure!(count == 1, "a gate was lost");
        Ok(())
    }
}
