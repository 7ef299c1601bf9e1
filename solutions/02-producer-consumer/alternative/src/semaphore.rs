//! A semaphore between processes: a number of places. See `sem_overview(7)`, `sem_wait(3)`, `sem_post(3)`.

#![allow(unsafe_code, reason = "nix has no semaphores")]

use std::cell::UnsafeCell;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::libc;

use crate::shared::Shareable;

/// A semaphore in shared memory. It needs [`Semaphore::set`] before its first use.
#[repr(transparent)]
pub(crate) struct Semaphore(UnsafeCell<libc::sem_t>);

// SAFETY: made with pshared = 1 it is for several processes, and it holds no address. Zero bytes are a sem_t.
unsafe impl Shareable for Semaphore {}

impl Semaphore {
    /// Makes it one with so many places. Nobody else uses it yet.
    ///
    /// # Errors
    /// As sem_init(3).
    pub(crate) fn set(&self, places: u8) -> nix::Result<()> {
        // SAFETY: it is memory for a sem_t, which stays where it is.
        Errno::result(unsafe { libc::sem_init(self.0.get(), 1, places.into()) }).map(drop)
    }

    /// Takes a place; sleeps while there is none.
    ///
    /// # Errors
    /// As sem_wait(3).
    pub(crate) fn wait(&self) -> nix::Result<()> {
        // SAFETY: `set` has made it a semaphore.
        retry(|| Errno::result(unsafe { libc::sem_wait(self.0.get()) })).map(drop)
    }

    /// Gives a place back, and wakes one who sleeps.
    ///
    /// # Errors
    /// As sem_post(3).
    pub(crate) fn post(&self) -> nix::Result<()> {
        // SAFETY: `set` has made it a semaphore.
        Errno::result(unsafe { libc::sem_post(self.0.get()) }).map(drop)
    }
}
