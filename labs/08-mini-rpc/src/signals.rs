//! Signals as events: blocked, and read from a descriptor. See `signalfd(2)`.

use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// SIGTERM and SIGINT, as a descriptor that becomes readable.
#[derive(Debug)]
pub struct Signals(SignalFd);

impl Signals {
    /// Blocks them; from here on none is lost.
    ///
    /// # Errors
    /// If there are no descriptors left.
    pub fn block() -> nix::Result<Self> {
        let mut mask = SigSet::empty();
        // M7: add the signals that shall be read, instead of ending the process
        mask.thread_block()?;
        SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK).map(Self)
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
