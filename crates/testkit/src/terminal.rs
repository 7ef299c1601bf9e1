//! A pseudo-terminal of a program's own: pty(7).

use std::os::fd::OwnedFd;

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{Winsize, openpty};
use nix::sys::termios::{LocalFlags, OutputFlags, SetArg, tcgetattr, tcsetattr};

/// What the check holds, and what the program gets as 0, 1 and 2.
pub(crate) struct Terminal {
    pub(crate) check: OwnedFd,
    pub(crate) program: OwnedFd,
}

/// Opens one of 24 lines of 80 characters that neither echoes nor turns `\n` into `\r\n`; control
/// characters still make signals.
pub(crate) fn open() -> Result<Terminal> {
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let pair = openpty(&size, None).context("open a terminal")?;
    for end in [&pair.master, &pair.slave] {
        fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).context("keep the terminal from other programs")?;
    }
    let mut modes = tcgetattr(&pair.slave).context("read the terminal's modes")?;
    modes.local_flags.remove(LocalFlags::ECHO);
    modes.output_flags.remove(OutputFlags::OPOST);
    tcsetattr(&pair.slave, SetArg::TCSANOW, &modes).context("set the terminal's modes")?;
    Ok(Terminal { check: pair.master, program: pair.slave })
}
