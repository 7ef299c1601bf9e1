//! A FIFO: a pipe with a name, for processes without a common parent. See `fifo(7)`, `mkfifo(3)`, `open(2)`.
//!
//! A name is first opened with `O_PATH`: that waits for nobody, disturbs nothing, and says what the name is of. What
//! is a FIFO is then opened in earnest through that descriptor, whatever its name means by now.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, lstat};
use nix::unistd::{mkfifo, unlink};

use crate::failure::Failure;

/// The FIFOs that were made here. `None`: it is the end, and no more are made.
static MADE: Mutex<Option<Vec<Made>>> = Mutex::new(Some(Vec::new()));

/// A FIFO that was made here. Its number is nobody else's while `inode` is open.
#[derive(Debug)]
struct Made {
    path: PathBuf,
    inode: OwnedFd,
}

impl Made {
    fn has_its_name(&self) -> bool {
        let identity = |status: FileStat| (status.st_dev, status.st_ino);
        lstat(&self.path).map(identity) == fstat(&self.inode).map(identity)
    }
}

fn made() -> MutexGuard<'static, Option<Vec<Made>>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the FIFOs that were made here, if their names are still theirs.
///
/// Who is done calls this before it closes them: whoever sees end of file or EPIPE then finds no name behind which
/// nobody is.
pub(crate) fn remove_all() {
    for fifo in made().take().unwrap_or_default() {
        if fifo.has_its_name() {
            // Whoever was faster has done it.
            let _ = unlink(&fifo.path);
        }
    }
}

/// The name of a FIFO.
#[derive(Debug)]
pub(crate) struct Fifo {
    path: PathBuf,
    what: String,
}

impl Fifo {
    /// A FIFO with this path, called `what` in messages. Nothing is done yet.
    pub(crate) fn new(path: &Path, what: &str) -> Self {
        Self { path: path.to_owned(), what: what.to_owned() }
    }

    /// Opens it for reading, and makes it if it is missing. Waits for a writer.
    ///
    /// # Errors
    /// What the system says; `NotAFifo`.
    pub(crate) fn open_to_read(&self) -> Result<OwnedFd, Failure> {
        self.open(&self.find_or_make()?, OFlag::O_RDONLY)
    }

    /// Opens it for reading if it is there. Does not wait; but reads will.
    ///
    /// # Errors
    /// What the system says; `NotAFifo`.
    pub(crate) fn try_to_read(&self) -> Result<OwnedFd, Failure> {
        let fifo = self.open(&self.find()?, OFlag::O_RDONLY | OFlag::O_NONBLOCK)?;
        self.set(&fifo, OFlag::empty())?;
        Ok(fifo)
    }

    /// Opens it for writing, and makes it if it is missing. Waits for a reader; writes will not wait.
    ///
    /// # Errors
    /// What the system says; `NotAFifo`.
    pub(crate) fn open_to_write(&self) -> Result<OwnedFd, Failure> {
        let fifo = self.open(&self.find_or_make()?, OFlag::O_WRONLY)?;
        self.set(&fifo, OFlag::O_NONBLOCK)?;
        Ok(fifo)
    }

    /// Opens it for writing if it is there, and has a reader. Neither this nor writes wait.
    ///
    /// # Errors
    /// What the system says; `NotAFifo`.
    pub(crate) fn try_to_write(&self) -> Result<Option<OwnedFd>, Failure> {
        match self.open(&self.find()?, OFlag::O_WRONLY | OFlag::O_NONBLOCK) {
            Err(Failure::System { errno: Errno::ENXIO, .. }) => Ok(None),
            other => other.map(Some),
        }
    }

    /// The inode behind the name, which must be a FIFO's.
    fn find(&self) -> Result<OwnedFd, Failure> {
        let inode = open(&self.path, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty());
        let inode = inode.map_err(Failure::on(&self.what))?;
        let status = fstat(&inode).map_err(Failure::on(&self.what))?;
        let is_fifo = status.st_mode & SFlag::S_IFMT.bits() == SFlag::S_IFIFO.bits();
        if is_fifo { Ok(inode) } else { Err(Failure::NotAFifo(self.what.clone())) }
    }

    fn find_or_make(&self) -> Result<OwnedFd, Failure> {
        // Held until the note is taken: at the end no FIFO is made that nobody knows of.
        let mut made = made();
        let Some(made) = made.as_mut() else { return Err(Failure::Terminated) };
        match mkfifo(&self.path, Mode::S_IRUSR | Mode::S_IWUSR) {
            Ok(()) => made.push(Made { path: self.path.clone(), inode: self.find()? }),
            Err(Errno::EEXIST) => {}
            Err(errno) => return Err(Failure::on(&self.what)(errno)),
        }
        self.find()
    }

    /// Opens the inode in earnest.
    fn open(&self, inode: &OwnedFd, flags: OFlag) -> Result<OwnedFd, Failure> {
        let path = format!("/proc/self/fd/{}", inode.as_raw_fd());
        let open = || open(path.as_str(), flags | OFlag::O_CLOEXEC, Mode::empty());
        retry(open).map_err(Failure::on(&self.what))
    }

    /// It was opened here, so its flags are nobody else's.
    fn set(&self, fifo: &OwnedFd, flags: OFlag) -> Result<(), Failure> {
        fcntl(fifo, FcntlArg::F_SETFL(flags)).map(drop).map_err(Failure::on(&self.what))
    }
}
