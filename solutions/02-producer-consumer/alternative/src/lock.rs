//! A lock between processes that outlives its owner: flock(2) on a file without a name. See `memfd_create(2)`.
//!
//! Such a lock belongs to an *open file*. Each process opens the file for itself, by `/proc/self/fd`; a descriptor
//! that fork has copied would be the same open file, and exclude nobody. When a process dies, its open file goes, and
//! the lock with it.
//!
//! (A robust mutex in shared memory needs no system call while nobody competes, but it has a hole. Its owner frees the
//! word and is killed before it wakes the one who sleeps on it; meanwhile a third one takes the lock, and knows of no
//! sleeper. Whoever sleeps then, sleeps for ever.)

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};

/// What the processes inherit.
pub(crate) struct Lock(OwnedFd);

impl Lock {
    /// Makes one, to be inherited.
    ///
    /// # Errors
    /// As memfd_create(2).
    pub(crate) fn new() -> nix::Result<Self> {
        memfd_create(c"prodcon-lock", MFdFlags::MFD_CLOEXEC).map(Self)
    }

    /// The lock in the hands of this process.
    ///
    /// # Errors
    /// As open(2).
    pub(crate) fn own(&self) -> nix::Result<Own> {
        let path = format!("/proc/self/fd/{}", self.0.as_raw_fd());
        OpenOptions::new().read(true).write(true).open(path).map(Own).map_err(errno)
    }
}

/// An open file of this process alone.
pub(crate) struct Own(File);

impl Own {
    /// Does `work` while no other process does any under this lock.
    ///
    /// # Errors
    /// As flock(2).
    pub(crate) fn while_held<T>(&self, work: impl FnOnce() -> T) -> nix::Result<T> {
        while let Err(error) = self.0.lock() {
            if error.kind() != ErrorKind::Interrupted {
                return Err(errno(error));
            }
        }
        let result = work();
        self.0.unlock().map_err(errno)?;
        Ok(result)
    }
}

fn errno(error: std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
