//! A lock in shared memory that survives its owner. The word is that of the kernel's robust futexes: the owner's
//! thread id, a bit for "somebody sleeps", a bit for "the owner died".
//!
//! Like the ring, it touches memory through [`Shared`] only.

use crate::sync::Shared;

/// The lock of a ring.
#[derive(Debug)]
pub struct Lock<'a, S> {
    shared: &'a S,
}

impl<'a, S: Shared> Lock<'a, S> {
    /// The lock of this segment.
    pub fn new(shared: &'a S) -> Self {
        Lock { shared }
    }

    /// Runs `act` while nobody else has the lock. If its owner has died, takes the lock over and mends what that one
    /// may have left half done.
    pub fn with<R>(&self, act: impl FnOnce() -> R) -> R {
        todo!("M8: take the lock, act, give it back")
    }
}
