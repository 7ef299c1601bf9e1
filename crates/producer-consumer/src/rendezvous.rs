//! A rendezvous: a send that returns only when the message was taken. The buffer has no room at all.
//!
//! ```text
//!   sender                          receiver
//!     | message ────────────────────► |
//!     |  (waits)                      |  has the message
//!     | ◄──────────────────── receipt |
//!     |  both go on                   |  both go on
//! ```
//!
//! A pipe always has room, so a second pipe is needed, for the receipt.

use anyhow::{Context, Result, ensure};
use std::os::fd::{AsFd, OwnedFd};

/// Where a sender and a receiver meet. Each process uses one side; fork gives it both.
pub struct Rendezvous {
    message: (OwnedFd, OwnedFd),
    receipt: (OwnedFd, OwnedFd),
}

impl Rendezvous {
    /// Makes a place to meet.
    ///
    /// # Errors
    /// `EMFILE`: no descriptor is left.
    pub fn new() -> Result<Self> {
        let pipe = || ipc_kit::pipe().context("make a pipe");
        Ok(Self { message: pipe()?, receipt: pipe()? })
    }

    /// Sends, and waits until the message was taken.
    ///
    /// # Errors
    /// See [`crate::framing::write_record`].
    pub fn send(&self, message: &[u8]) -> Result<()> {
        crate::framing::write_record(&self.message.1, message)?;
        let taken = crate::framing::fill(self.receipt.0.as_fd(), &mut [0]).context("wait for the receipt")?;
        ensure!(taken, "the receiver left before it took the message");
        Ok(())
    }

    /// Waits for a message and takes it; its sender goes on.
    ///
    /// # Errors
    /// See [`crate::framing::read_record`].
    pub fn receive(&self) -> Result<Vec<u8>> {
        let message = crate::framing::read_record(&self.message.0)?.context("receive: no sender is left")?;
        ipc_kit::write_all(&self.receipt.1, b"!").context("send the receipt")?;
        Ok(message)
    }
}
