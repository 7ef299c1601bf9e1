//! Signals as events: blocked, and read from a descriptor. See `signalfd(2)`.
//!
//! A flag that a handler sets, looked at before poll, loses the signal that comes between the look and the poll.
//! A descriptor does not: it stays readable until somebody reads it.

use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// Signals that nobody else gets: SIGTERM and SIGINT, and SIGCHLD for helpers.
#[derive(Debug)]
pub struct Signals(SignalFd);

/// What they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct News {
    /// filed shall end.
    pub end: bool,
    /// Helpers have ended: one or several.
    pub children: bool,
}

impl Signals {
    /// Blocks them; from here on none is lost. Children inherit that.
    ///
    /// # Errors
    /// If there are no descriptors left.
    pub fn block() -> nix::Result<Self> {
        let mut mask = SigSet::empty();
        // BEGIN SOLUTION
        for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGCHLD] {
            mask.add(signal);
        }
        // END SOLUTION
        // STUB: // M5: add the signals that shall be read, instead of ending the process
        mask.thread_block()?;
        SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK).map(Self)
    }

    /// What has come since the last call.
    ///
    /// # Errors
    /// Never, as long as the descriptor is open.
    pub fn news(&self) -> nix::Result<News> {
        let mut news = News::default();
        while let Some(signal) = self.0.read_signal()? {
            match i32::try_from(signal.ssi_signo) {
                Ok(libc::SIGCHLD) => news.children = true,
                _ => news.end = true,
            }
        }
        Ok(news)
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
