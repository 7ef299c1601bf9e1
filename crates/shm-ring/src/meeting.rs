//! Waiting for a state, and waiting for each other: a condition variable and a barrier of the C library, between
//! processes.
#![allow(unsafe_code, reason = "pthread_cond_init(3), pthread_barrier_init(3) and their families")]

use std::ptr::NonNull;

use anyhow::{Result, bail};
use nix::errno::Errno;

use crate::lock::Held;
use crate::page::{for_one, pthread, with_attributes};

/// A condition variable in memory that is shared with children: a place to sleep, which remembers nothing.
#[derive(Debug)]
pub struct Condition {
    condition: NonNull<libc::pthread_cond_t>,
}

impl Condition {
    /// pthread_cond_init—Makes a condition variable for this process and the children it will fork.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn new() -> Result<Self> {
        let condition = for_one::<libc::pthread_cond_t>()?;
        with_attributes(libc::pthread_condattr_init, libc::pthread_condattr_destroy, |attributes| {
            // SAFETY: the attributes are initialised.
            let done = unsafe { libc::pthread_condattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED) };
            pthread(done, "make the condition variable process-shared")?;
            // SAFETY: the memory is ours alone and nobody has it yet; the attributes are initialised.
            pthread(
                unsafe { libc::pthread_cond_init(condition.as_ptr(), attributes) },
                "make a condition variable",
            )
        })?;
        Ok(Self { condition })
    }

    /// pthread_cond_wait—Gives the lock back and sleeps, in one step; then takes the lock again. Look at the state
    /// afterwards: a return promises nothing.
    ///
    /// # Errors
    /// `EOWNERDEAD` when somebody died with the lock.
    pub fn wait(&self, held: &Held) -> Result<()> {
        // SAFETY: both objects are initialised and stay mapped; this thread holds the lock.
        let done = unsafe { libc::pthread_cond_wait(self.condition.as_ptr(), held.lock().mutex()) };
        pthread(done, "wait for a condition")
    }

    /// pthread_cond_signal—Wakes one of those who sleep, if there is one.
    ///
    /// # Errors
    /// None on an object that is initialised.
    pub fn signal(&self) -> Result<()> {
        // SAFETY: the object is initialised and stays mapped.
        pthread(unsafe { libc::pthread_cond_signal(self.condition.as_ptr()) }, "signal a condition")
    }
}

/// A barrier in memory that is shared with children: nobody passes until all have come.
#[derive(Debug)]
pub struct Barrier {
    barrier: NonNull<libc::pthread_barrier_t>,
}

impl Barrier {
    /// pthread_barrier_init—Makes a barrier for `count` processes.
    ///
    /// # Errors
    /// `EINVAL` when `count` is 0.
    pub fn new(count: u32) -> Result<Self> {
        let barrier = for_one::<libc::pthread_barrier_t>()?;
        with_attributes(libc::pthread_barrierattr_init, libc::pthread_barrierattr_destroy, |attributes| {
            // SAFETY: the attributes are initialised.
            let done =
                unsafe { libc::pthread_barrierattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED) };
            pthread(done, "make the barrier process-shared")?;
            // SAFETY: the memory is ours alone and nobody has it yet; the attributes are initialised.
            pthread(
                unsafe { libc::pthread_barrier_init(barrier.as_ptr(), attributes, count) },
                "make a barrier",
            )
        })?;
        Ok(Self { barrier })
    }

    /// pthread_barrier_wait—Sleeps until as many have come as the barrier is for; tells exactly one of them that it
    /// is the one. Then the barrier is as new.
    ///
    /// # Errors
    /// None on an object that is initialised.
    pub fn wait(&self) -> Result<bool> {
        // SAFETY: the object is initialised and stays mapped.
        match unsafe { libc::pthread_barrier_wait(self.barrier.as_ptr()) } {
            0 => Ok(false),
            libc::PTHREAD_BARRIER_SERIAL_THREAD => Ok(true),
            error => bail!("wait at a barrier: {}", Errno::from_raw(error)),
        }
    }
}
