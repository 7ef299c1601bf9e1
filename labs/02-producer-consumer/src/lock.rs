//! A lock between processes. See `fcntl_locking(2)`, `memfd_create(2)`.
//!
//! It is a record lock on a file without a name. Such a lock belongs to a *process*: children that inherit the
//! descriptor do not share it, and the kernel takes it from a process that ends. A lock of flock(2) belongs to the
//! open file, which fork does not copy: parent and children would all hold it together.

use ipc_kit::retry;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{self, c_short, off_t};
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::os::fd::OwnedFd;

/// Excludes all other processes that have inherited it, while somebody holds it.
#[derive(Debug)]
pub struct Lock {
    file: OwnedFd,
}

impl Lock {
    /// Makes one, to be inherited.
    ///
    /// # Errors
    /// As memfd_create(2).
    pub fn new() -> nix::Result<Self> {
        todo!("M4: a file without a name")
    }

    /// Does `work` while no other process does any under this lock.
    ///
    /// # Errors
    /// As fcntl(2).
    pub fn while_held<T>(&self, work: impl FnOnce() -> T) -> nix::Result<T> {
        todo!("M4: take the lock, work, give it back")
    }
}
