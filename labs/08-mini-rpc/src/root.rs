//! The folder whose files rpcd opens for its clients, and nothing beside it. See `openat2(2)`, `path_resolution(7)`.

use std::os::fd::OwnedFd;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

use crate::failure::failed;
use crate::refusal::Refusal;

/// The folder, open.
#[derive(Debug)]
pub struct Root(OwnedFd);

/// What a client may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A FIFO.
    Fifo,
}

impl Root {
    /// Opens the folder.
    ///
    /// # Errors
    /// `DIR: REASON`.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        open(path, flags, Mode::empty()).map(Self).map_err(|errno| failed(path.display(), errno))
    }

    /// Opens what a client names, for reading. Waits for nobody.
    ///
    /// # Errors
    /// 9 if the name leads out, whether or not something is there; 3 otherwise.
    pub fn file(&self, name: &str, kind: Kind) -> Result<OwnedFd, Refusal> {
        todo!("M4: open it, but never one outside")
    }
}
