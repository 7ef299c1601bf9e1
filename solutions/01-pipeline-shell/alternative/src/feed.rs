//! `<(LIST)`: the output of a list under the name of a descriptor.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::rc::Rc;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::pipe2;

use crate::shell::Exhausted;
use crate::tree::{Command, List, Piece};

/// A list to be started, and the pipe it is to write to.
pub(crate) struct Feed {
    pub(crate) list: Rc<List>,
    pub(crate) read: OwnedFd,
    pub(crate) write: OwnedFd,
}

impl Feed {
    /// One for each `<(LIST)` of a command, in the order in which its words are expanded.
    pub(crate) fn open_all(command: &Command) -> Result<Vec<Self>, Exhausted> {
        let lists = command.pieces().filter_map(|piece| match piece {
            Piece::Feed(list) => Some(list),
            _ => None,
        });
        lists
            .map(|list| {
                let (read, write) = pipe2(OFlag::O_CLOEXEC).map_err(Exhausted::pipe)?;
                Ok(Self { list: list.clone(), read: above_redirections(read), write })
            })
            .collect()
    }

    /// The descriptor's number in the command.
    pub(crate) fn number(&self) -> RawFd {
        self.read.as_raw_fd()
    }
}

/// The same under a number that no redirection can name; the old one if the limit is that low.
pub(crate) fn above_redirections(fd: OwnedFd) -> OwnedFd {
    use std::os::fd::FromRawFd;
    let Ok(number) = fcntl(&fd, FcntlArg::F_DUPFD_CLOEXEC(10)) else { return fd };
    #[allow(unsafe_code, reason = "nix gives the new descriptor as a number")]
    // SAFETY: fcntl(2) just made this descriptor, and nobody else knows its number.
    unsafe {
        OwnedFd::from_raw_fd(number)
    }
}
