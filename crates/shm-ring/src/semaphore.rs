//! A semaphore of the C library between processes: a number that is never below zero, and a place to sleep.
//!
//! Unlike a mutex it has no owner. Whoever likes may post, so it can *tell* somebody something; and when somebody
//! dies between wait and post, nobody notices.
#![allow(unsafe_code, reason = "sem_init(3) and its family")]

use std::ptr::NonNull;

use anyhow::{Context, Result};
use nix::errno::Errno;

use crate::page::for_one;

/// A semaphore in memory that is shared with children.
#[derive(Debug)]
pub struct Semaphore {
    semaphore: NonNull<libc::sem_t>,
}

impl Semaphore {
    /// sem_init—Makes a semaphore with this number for this process and the children it will fork.
    ///
    /// # Errors
    /// `EINVAL` when the number is greater than `SEM_VALUE_MAX`.
    pub fn new(number: u32) -> Result<Self> {
        let semaphore = for_one::<libc::sem_t>()?;
        // The second argument says: between processes.
        // SAFETY: the memory is ours alone and nobody has it yet.
        let made = unsafe { libc::sem_init(semaphore.as_ptr(), 1, number) };
        Errno::result(made).context("make a semaphore")?;
        Ok(Self { semaphore })
    }

    /// sem_post—Adds one, and wakes somebody who waits for it.
    ///
    /// # Errors
    /// `EOVERFLOW` when the number would be too great.
    pub fn post(&self) -> Result<()> {
        // SAFETY: the semaphore was initialised in `new` and is never unmapped.
        Errno::result(unsafe { libc::sem_post(self.semaphore.as_ptr()) }).context("post").map(drop)
    }

    /// sem_wait—Takes one; sleeps while there is none.
    ///
    /// # Errors
    /// None but `EINTR`, after which it waits again.
    pub fn wait(&self) -> Result<()> {
        // SAFETY: the semaphore was initialised in `new` and is never unmapped.
        ipc_kit::retry(|| Errno::result(unsafe { libc::sem_wait(self.semaphore.as_ptr()) }))
            .context("wait for a semaphore")
            .map(drop)
    }

    /// sem_trywait—Takes one if there is one.
    ///
    /// # Errors
    /// `EAGAIN` when there is none.
    pub fn try_wait(&self) -> Result<()> {
        // SAFETY: the semaphore was initialised in `new` and is never unmapped.
        let taken = unsafe { libc::sem_trywait(self.semaphore.as_ptr()) };
        Errno::result(taken).context("take one of a semaphore").map(drop)
    }

    /// sem_getvalue—The number at this moment.
    ///
    /// # Errors
    /// None on an object that is initialised.
    pub fn value(&self) -> Result<i32> {
        let mut value = 0;
        // SAFETY: the semaphore was initialised in `new` and is never unmapped; the value is our variable.
        Errno::result(unsafe { libc::sem_getvalue(self.semaphore.as_ptr(), &raw mut value) })
            .context("ask for the semaphore's number")?;
        Ok(value)
    }
}
