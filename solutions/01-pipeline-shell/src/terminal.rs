//! The controlling terminal: which group may read from it and gets its signals.
//!
//! See `tcsetpgrp(3)`, `credentials(7)`, `tty(4)`.

use crate::descriptor::private_copy;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};
use std::os::fd::OwnedFd;

/// psh's controlling terminal.
#[derive(Debug)]
pub struct Terminal {
    device: OwnedFd,
    /// The settings psh found: echo, line mode and so on.
    modes: Option<Termios>,
}

impl Terminal {
    /// Opens the controlling terminal; `None` if there is none.
    pub fn open() -> Option<Self> {
        let device = open("/dev/tty", OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty()).ok()?;
        let device = private_copy(device).ok()?;
        let modes = tcgetattr(&device).ok();
        Some(Terminal { device, modes })
    }

    /// Tells whether psh's own group is the foreground one.
    pub fn is_ours(&self) -> bool {
        // BEGIN SOLUTION
        tcgetpgrp(&self.device) == Ok(getpgrp())
        // END SOLUTION
        // STUB: false // M6: compare the terminal's foreground group with psh's own
    }

    /// Makes `group` the foreground group.
    ///
    /// # Errors
    /// As `tcsetpgrp(3)`. That SIGTTOU is blocked lets psh do it from the background.
    pub fn give_to(&self, group: Pid) -> nix::Result<()> {
        tcsetpgrp(&self.device, group)
    }

    /// Makes psh's own group the foreground group again.
    ///
    /// # Errors
    /// As `tcsetpgrp(3)`.
    pub fn take_back(&self) -> nix::Result<()> {
        tcsetpgrp(&self.device, getpgrp())
    }

    /// Puts the settings back that a program left when it was stopped or killed.
    ///
    /// # Errors
    /// As `tcsetattr(3)`.
    pub fn restore_modes(&self) -> nix::Result<()> {
        match &self.modes {
            Some(modes) => tcsetattr(&self.device, SetArg::TCSADRAIN, modes),
            None => Ok(()),
        }
    }
}
