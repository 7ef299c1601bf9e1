//! A lock in shared memory that survives its owner. The word is that of the kernel's robust futexes: the owner's
//! thread id, a bit for "somebody sleeps", a bit for "the owner died".
//!
//! Like the ring, it touches memory through [`Shared`] only.

use crate::sync::Shared;

// BEGIN SOLUTION
use crate::layout::{LOCK_OWNER, LOCK_OWNER_DIED, LOCK_WAITERS};
use crate::ring::nudge;
use crate::sync::{Ordering, Side, Word};
// END SOLUTION

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
        // BEGIN SOLUTION
        if self.take() == Left::HalfDone {
            // The dead one may have published, or freed, and not woken: whoever sleeps shall look for itself.
            nudge(self.shared, Side::Consumer);
            nudge(self.shared, Side::Producer);
        }
        let done = act();
        // Release: pairs with the Acquire of `take`.
        if self.shared.swap(Word::Lock, 0, Ordering::Release) & LOCK_WAITERS != 0 {
            self.shared.wake(Word::Lock);
        }
        done
        // END SOLUTION
        // STUB: todo!("M8: take the lock, act, give it back")
    }
    // BEGIN SOLUTION

    fn take(&self) -> Left {
        let me = self.shared.me();
        // Who has slept cannot know whether others still do: of those who wait for a dead owner, the kernel wakes only one.
        let mut mine = me;
        loop {
            let Err(now) = self.shared.exchange(Word::Lock, 0, mine, Ordering::Acquire) else {
                return Left::InOrder;
            };
            if self.is_orphaned(now) {
                // Sleepers may be left from before: whoever takes over wakes them.
                if self.shared.exchange(Word::Lock, now, me | LOCK_WAITERS, Ordering::Acquire).is_ok() {
                    return Left::HalfDone;
                }
                continue;
            }
            let announced = now | LOCK_WAITERS;
            if now == announced || self.shared.exchange(Word::Lock, now, announced, Ordering::Relaxed).is_ok()
            {
                self.shared.wait(Word::Lock, announced);
                mine = me | LOCK_WAITERS;
            }
        }
    }

    /// Whether nobody lives who could give it back. This thread does not hold it: its own id is that of a dead one,
    /// too.
    fn is_orphaned(&self, word: u32) -> bool {
        let owner = word & LOCK_OWNER;
        word & LOCK_OWNER_DIED != 0 || owner == 0 || owner == self.shared.me() || self.shared.is_gone(owner)
    }
    // END SOLUTION
}
// BEGIN SOLUTION

/// What the one before has left.
#[derive(PartialEq, Eq)]
enum Left {
    InOrder,
    HalfDone,
}
// END SOLUTION
