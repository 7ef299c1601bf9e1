//! A lock around a write that is longer than the kernel keeps whole.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

/// flock—Writes all of `bytes` while holding the lock of the file at `path`, which this call opens *itself*.
///
/// The lock belongs to the open file, not to the process. A descriptor inherited by fork is the same open file, so
/// two processes that share one would both "hold" the lock.
///
/// All writers must do so: the lock stops only those who ask for it (it is advisory).
///
/// # Errors
/// When the file cannot be opened, and `EPIPE` when nobody can read any more.
///
/// See also: `flock(2)`
pub fn write_locked(to: impl AsFd, bytes: &[u8], path: &Path) -> Result<()> {
    let file = File::open(path).context("open the file of the lock")?;
    let _held_until_written = wait_for(file)?;
    ipc_kit::write_all(to, bytes).context("write under the lock")
}

/// flock—Waits for the lock; dropping the result gives it back.
///
/// # Errors
/// What `flock(2)` says.
pub fn wait_for(file: File) -> Result<Flock<File>> {
    let mut file = file;
    loop {
        match Flock::lock(file, FlockArg::LockExclusive) {
            Ok(held) => return Ok(held),
            Err((again, Errno::EINTR)) => file = again,
            Err((_, reason)) => return Err(reason).context("wait for the lock"),
        }
    }
}

/// flock—Takes the lock if nobody has it: whether we have it now. It is kept until the process ends.
///
/// # Errors
/// What `flock(2)` says.
pub fn is_free(file: File) -> Result<bool> {
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(held) => {
            std::mem::forget(held);
            Ok(true)
        }
        Err((_, Errno::EWOULDBLOCK)) => Ok(false),
        Err((_, reason)) => Err(reason).context("try the lock"),
    }
}
