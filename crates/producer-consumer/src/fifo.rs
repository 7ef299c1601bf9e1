//! A FIFO: a pipe that strangers find by a name in the file system.
//!
//! The name persists, the data does not. The file has no content; it only says which pipe is meant, and that pipe
//! exists while somebody has it open.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, getpid, mkdtemp, mkfifo};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// A FIFO in a folder of its own. Its maker, and only its maker, removes both when it leaves.
pub struct Fifo {
    folder: PathBuf,
    path: PathBuf,
    maker: Pid,
}

impl Fifo {
    /// mkfifo—Makes a FIFO that its owner may read and write, and nobody else (mode 0600).
    ///
    /// The folder is new and private: in a public one, somebody else could have made the name before us.
    ///
    /// # Errors
    /// When the folder for temporary files cannot be written.
    ///
    /// See also: `mkfifo(3)`, `fifo(7)`, `mkdtemp(3)`
    pub fn new() -> Result<Self> {
        let template = std::env::temp_dir().join("producer-consumer-XXXXXX");
        let folder = mkdtemp(&template).context("make a folder")?;
        let path = folder.join("fifo");
        let fifo = Self { folder, path, maker: getpid() };
        mkfifo(&fifo.path, Mode::S_IRUSR | Mode::S_IWUSR).context("make a FIFO")?;
        Ok(fifo)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// open—Opens it for reading. Waits until somebody has it open for writing.
    ///
    /// # Errors
    /// When the name is gone, or not allowed.
    pub fn reader(&self) -> Result<OwnedFd> {
        self.open(OFlag::O_RDONLY).context("open the FIFO for reading")
    }

    /// open—Opens it for writing. Waits until somebody has it open for reading.
    ///
    /// # Errors
    /// When the name is gone, or not allowed.
    pub fn writer(&self) -> Result<OwnedFd> {
        self.open(OFlag::O_WRONLY).context("open the FIFO for writing")
    }

    /// open—Opens it for reading without waiting for a writer. Reads do not wait either.
    ///
    /// # Errors
    /// When the name is gone, or not allowed.
    pub fn reader_now(&self) -> Result<OwnedFd> {
        self.open(OFlag::O_RDONLY | OFlag::O_NONBLOCK).context("open the FIFO for reading")
    }

    /// open—Opens it for writing, if somebody reads: `None` if nobody does. Writes do not wait either.
    ///
    /// # Errors
    /// When the name is gone, or not allowed.
    pub fn writer_now(&self) -> Result<Option<OwnedFd>> {
        match self.open(OFlag::O_WRONLY | OFlag::O_NONBLOCK) {
            Err(Errno::ENXIO) => Ok(None),
            other => other.map(Some).context("open the FIFO for writing"),
        }
    }

    fn open(&self, flags: OFlag) -> nix::Result<OwnedFd> {
        ipc_kit::retry(|| open(&self.path, flags | OFlag::O_CLOEXEC, Mode::empty()))
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        // A child has a copy of this value, and must not take the name away from the others.
        if self.maker == getpid() {
            // Nobody could be told in a drop; what cannot be removed is left.
            std::fs::remove_file(&self.path).ok();
            std::fs::remove_dir(&self.folder).ok();
        }
    }
}
