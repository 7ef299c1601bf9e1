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
        // BEGIN SOLUTION
        Ok(Self { file: memfd_create(c"prodcon-lock", MFdFlags::MFD_CLOEXEC)? })
        // END SOLUTION
        // STUB: todo!("M4: a file without a name")
    }

    /// Does `work` while no other process does any under this lock.
    ///
    /// # Errors
    /// As fcntl(2).
    pub fn while_held<T>(&self, work: impl FnOnce() -> T) -> nix::Result<T> {
        // BEGIN SOLUTION
        retry(|| fcntl(&self.file, FcntlArg::F_SETLKW(&whole_file(libc::F_WRLCK))))?;
        let result = work();
        fcntl(&self.file, FcntlArg::F_SETLK(&whole_file(libc::F_UNLCK)))?;
        Ok(result)
        // END SOLUTION
        // STUB: todo!("M4: take the lock, work, give it back")
    }
}
// BEGIN SOLUTION

fn whole_file(kind: libc::c_int) -> libc::flock {
    // The kinds are 0, 1 and 2.
    let (l_type, l_whence) = (kind as c_short, libc::SEEK_SET as c_short);
    libc::flock { l_type, l_whence, l_start: 0 as off_t, l_len: 0, l_pid: 0 }
}
// END SOLUTION
