//! A mutex of the C library that works between processes, plain or robust.
//!
//! Its memory must be shared, *and* it must be told so (PTHREAD_PROCESS_SHARED), else it uses private futexes. A
//! robust one is also on a list that the kernel reads when a thread dies: it marks the lock, and wakes who waits for
//! it.
#![allow(unsafe_code, reason = "pthread_mutex_init(3) and its family")]

use std::ptr::NonNull;

use anyhow::{Context, Result};
use nix::errno::Errno;

use crate::page::{for_one, pthread, with_attributes};

/// What happens to the lock when its holder dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: it stays locked for ever.
    Plain,
    /// The next one gets it, and is told.
    Robust,
}

/// A mutex in memory that is shared with children.
#[derive(Debug)]
pub struct Lock {
    mutex: NonNull<libc::pthread_mutex_t>,
}

/// How somebody got the lock.
#[derive(Debug)]
pub enum Got<'l> {
    /// In order.
    Clean(Held<'l>),
    /// Its last holder died with it (EOWNERDEAD): what it protects may be half changed.
    OwnerDied(Held<'l>),
}

/// The lock, held; given back on drop. If its owner died and nobody has called [`Held::repaired`], it is then lost.
#[derive(Debug)]
pub struct Held<'l>(&'l Lock);

impl Lock {
    /// pthread_mutex_init—Makes a lock for this process and the children it will fork.
    ///
    /// # Errors
    /// When there is no memory.
    ///
    /// See also: `pthread_mutexattr_setpshared(3)`, `pthread_mutexattr_setrobust(3)`
    pub fn new(kind: Kind) -> Result<Self> {
        let mutex = for_one::<libc::pthread_mutex_t>()?;
        let robust =
            if kind == Kind::Robust { libc::PTHREAD_MUTEX_ROBUST } else { libc::PTHREAD_MUTEX_STALLED };
        with_attributes(libc::pthread_mutexattr_init, libc::pthread_mutexattr_destroy, |attributes| {
            // SAFETY: the attributes are initialised.
            let done =
                unsafe { libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED) };
            pthread(done, "make the lock process-shared")?;
            // SAFETY: the attributes are initialised.
            let done = unsafe { libc::pthread_mutexattr_setrobust(attributes, robust) };
            pthread(done, "make the lock robust")?;
            // SAFETY: the mutex' memory is ours alone and nobody has it yet; the attributes are initialised.
            pthread(unsafe { libc::pthread_mutex_init(mutex.as_ptr(), attributes) }, "make a lock")
        })?;
        Ok(Self { mutex })
    }

    /// pthread_mutex_lock—Takes the lock; sleeps while somebody has it.
    ///
    /// # Errors
    /// `ENOTRECOVERABLE` when an owner died and the next one gave the lock back without repairing.
    pub fn lock(&self) -> Result<Got<'_>> {
        // SAFETY: the mutex was initialised in `new`, never moves and is never unmapped.
        self.got(unsafe { libc::pthread_mutex_lock(self.mutex.as_ptr()) })
    }

    /// pthread_mutex_trylock—Takes the lock if nobody has it.
    ///
    /// # Errors
    /// `EBUSY` when somebody has it, alive or dead; otherwise as [`Self::lock`].
    pub fn try_lock(&self) -> Result<Got<'_>> {
        // SAFETY: the mutex was initialised in `new`, never moves and is never unmapped.
        self.got(unsafe { libc::pthread_mutex_trylock(self.mutex.as_ptr()) })
    }

    fn got(&self, returned: libc::c_int) -> Result<Got<'_>> {
        match returned {
            0 => Ok(Got::Clean(Held(self))),
            libc::EOWNERDEAD => Ok(Got::OwnerDied(Held(self))),
            error => Err(Errno::from_raw(error)).context("take a lock"),
        }
    }

    pub(crate) fn mutex(&self) -> *mut libc::pthread_mutex_t {
        self.mutex.as_ptr()
    }
}

impl Got<'_> {
    /// Whether its last holder died with it.
    #[must_use]
    pub fn owner_died(&self) -> bool {
        matches!(self, Self::OwnerDied(_))
    }
}

impl Held<'_> {
    /// pthread_mutex_consistent—Says that what the lock protects is whole again. To be called only when it is.
    ///
    /// # Errors
    /// `EINVAL` when its owner had not died.
    pub fn repaired(&self) -> Result<()> {
        // SAFETY: the mutex is initialised, and this thread holds it.
        pthread(unsafe { libc::pthread_mutex_consistent(self.0.mutex()) }, "say that the lock is repaired")
    }

    pub(crate) fn lock(&self) -> &Lock {
        self.0
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // SAFETY: the mutex is initialised, and this thread holds it.
        let given = unsafe { libc::pthread_mutex_unlock(self.0.mutex()) };
        debug_assert_eq!(given, 0, "a lock that we hold can be given back");
    }
}
