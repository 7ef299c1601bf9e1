//! The folder whose files filed gives out, and nothing beside it. See `openat2(2)`, `path_resolution(7)`.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::Mode;

use crate::answer::Refusal;
use crate::failure::failed;

/// The folder, open.
#[derive(Debug)]
pub struct Root(OwnedFd);

impl Root {
    /// Opens the folder.
    ///
    /// # Errors
    /// `DIR: REASON`.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        open(path, flags, Mode::empty()).map(Self).map_err(|errno| failed(path.display(), errno))
    }

    /// Opens a file in it for reading. With a FIFO, that waits for a writer, unless `flags` say O_NONBLOCK.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] if the name leads out, whether or not something is there; otherwise `NotFound`, or
    /// `Failed` if filed lacks something.
    pub fn file(&self, name: &[u8], flags: OFlag) -> Result<OwnedFd, Refusal> {
        todo!("M4: open the file; M5: but never one outside")
    }
}

impl AsFd for Root {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
