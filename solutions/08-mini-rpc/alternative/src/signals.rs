//! Signals as events: blocked, and read from a descriptor. See `signalfd(2)`, `setrlimit(2)` for SIGXFSZ.

use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// SIGTERM and SIGINT, as a descriptor that becomes readable.
#[derive(Debug)]
pub struct Signals(SignalFd);

impl Signals {
    /// Blocks them, for this thread and those it starts; from here on none is lost.
    ///
    /// # Errors
    /// If there are no descriptors left.
    pub fn block() -> nix::Result<Self> {
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGTERM);
        mask.add(Signal::SIGINT);
        let mut blocked = mask;
        // A journal that may not grow is an error of write(2) (EFBIG), and not the end of rpcd.
        blocked.add(Signal::SIGXFSZ);
        blocked.thread_block()?;
        SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK).map(Self)
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
