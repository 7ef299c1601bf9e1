//! The controlling terminal: it belongs to one process group at a time, see tcsetpgrp(3).

use std::os::fd::{AsFd, OwnedFd};

use nix::fcntl::{OFlag, open};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};

/// psh's controlling terminal, if it has one.
#[derive(Default)]
pub(crate) struct Terminal {
    fd: Option<OwnedFd>,
    lent: bool,
}

impl Terminal {
    pub(crate) fn find() -> Self {
        let flags = OFlag::O_RDWR | OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
        Self { fd: open("/dev/tty", flags, Mode::empty()).ok(), lent: false }
    }

    /// In a forked child, whose descriptors are closed already.
    pub(crate) fn disown(&mut self) {
        std::mem::forget(self.fd.take());
        self.lent = false;
    }

    /// Whether psh may give it away: it is in the foreground itself.
    pub(crate) fn is_ours(&self) -> bool {
        self.fd.as_ref().is_some_and(|fd| tcgetpgrp(fd) == Ok(getpgrp()))
    }

    /// Makes `group` the foreground group. SIGTTOU is blocked meanwhile: the caller may be in the background.
    pub(crate) fn lend(&mut self, group: Pid) {
        let Some(fd) = &self.fd else { return };
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGTTOU);
        let mut before = SigSet::empty();
        // Blocking one signal cannot fail; a group that has ended meanwhile needs no terminal.
        let _ = sigprocmask(SigmaskHow::SIG_BLOCK, Some(&mask), Some(&mut before));
        let _ = tcsetpgrp(fd.as_fd(), group);
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None);
        self.lent = true;
    }

    /// Takes it back, if it is lent.
    pub(crate) fn take_back(&mut self) {
        if self.lent {
            self.lend(getpgrp());
            self.lent = false;
        }
    }
}
