//! A lock between processes that outlives its owner: a robust mutex. See `pthread_mutexattr_setrobust(3)`,
//! `get_robust_list(2)`.
//!
//! The kernel knows, by a list that each thread keeps, which locks it holds, and gives them back when it dies. The
//! next owner is told, and says that what the lock guards is in order.

#![allow(unsafe_code, reason = "nix has no mutexes")]

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;

use nix::errno::Errno;
use nix::libc::{self, pthread_mutex_t, pthread_mutexattr_t};

use crate::shared::Shareable;

/// A mutex in shared memory. It needs [`Lock::set`] before its first use.
#[repr(transparent)]
pub(crate) struct Lock(UnsafeCell<pthread_mutex_t>);

// SAFETY: made as PTHREAD_PROCESS_SHARED it is for several processes. The addresses in it are of the list of the
// thread that holds it, and only that thread and the kernel, when it dies, follow them. Zero bytes are a mutex.
unsafe impl Shareable for Lock {}

impl Lock {
    /// Makes it one. Nobody else uses it yet.
    ///
    /// # Errors
    /// As pthread_mutex_init(3).
    pub(crate) fn set(&self) -> nix::Result<()> {
        let mut attributes = MaybeUninit::<pthread_mutexattr_t>::uninit();
        let attributes = attributes.as_mut_ptr();
        // SAFETY: it is room for the attributes.
        check(unsafe { libc::pthread_mutexattr_init(attributes) })?;
        // SAFETY: they were made by the call above.
        check(unsafe { libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED) })?;
        // SAFETY: as above.
        check(unsafe { libc::pthread_mutexattr_setrobust(attributes, libc::PTHREAD_MUTEX_ROBUST) })?;
        // SAFETY: as above; the lock is memory for a mutex, which stays where it is.
        check(unsafe { libc::pthread_mutex_init(self.0.get(), attributes) })
    }

    /// Does `work` while no other process does any under this lock.
    ///
    /// # Errors
    /// As pthread_mutex_lock(3).
    pub(crate) fn while_held<T>(&self, work: impl FnOnce() -> T) -> nix::Result<T> {
        // SAFETY: `set` has made it a mutex.
        match check(unsafe { libc::pthread_mutex_lock(self.0.get()) }) {
            // Its owner died. The lock guards nothing that could be half done: only whose turn it is.
            // SAFETY: this thread holds it now.
            Err(Errno::EOWNERDEAD) => check(unsafe { libc::pthread_mutex_consistent(self.0.get()) })?,
            other => other?,
        }
        let result = work();
        // SAFETY: this thread holds it.
        check(unsafe { libc::pthread_mutex_unlock(self.0.get()) })?;
        Ok(result)
    }
}

/// These calls return their error.
fn check(error: libc::c_int) -> nix::Result<()> {
    if error == 0 { Ok(()) } else { Err(Errno::from_raw(error)) }
}
