//! A lock in shared memory that survives its owner. The word is that of the kernel's robust futexes: the owner's
//! thread id, a bit for "somebody sleeps", a bit for "the owner died".
//!
//! Like the ring, it touches memory through [`Shared`] only.
//!
//! Who gets the lock acquires what the last owner has released with it; of a dead owner there is no release, but it is
//! dead: what it did was done before anybody could know.

use crate::layout::{LOCK_OWNER, LOCK_OWNER_DIED, LOCK_WAITERS};
use crate::sleep::nudge;
use crate::sync::{Ordering, Shared, Side, Word};

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
        self.take();
        let result = act();
        self.give_back();
        result
    }

    fn take(&self) {
        let me = self.shared.me() & LOCK_OWNER;
        // Who has slept cannot know whether others still do: it takes the lock as one that has sleepers.
        let mut mine = me;
        // What the word is thought to be: free, until it says something else.
        let mut found = 0;
        loop {
            let is_orphan = found != 0 && self.is_orphan(found, me);
            if found != 0 && !is_orphan {
                found = self.sleep(found);
                mine = me | LOCK_WAITERS;
                continue;
            }
            if is_orphan {
                mine = me | LOCK_WAITERS;
            }
            // Of all who see the same word one succeeds, and is the heir.
            match self.shared.exchange(Word::Lock, found, mine, Ordering::Acquire) {
                Ok(_) if is_orphan => return self.mend(),
                Ok(_) => return,
                Err(now) => found = now,
            }
        }
    }

    /// Whether nobody will give the lock back: the owner died, or is no thread, or is a namesake of ours from before.
    fn is_orphan(&self, word: u32, me: u32) -> bool {
        let owner = word & LOCK_OWNER;
        word & LOCK_OWNER_DIED != 0 || owner == 0 || owner == me || self.shared.is_gone(owner)
    }

    /// Says that somebody sleeps, sleeps while that is so, and gives the word that is there afterwards.
    fn sleep(&self, word: u32) -> u32 {
        let marked = word | LOCK_WAITERS;
        if word != marked
            && let Err(now) = self.shared.exchange(Word::Lock, word, marked, Ordering::Relaxed)
        {
            return now;
        }
        self.shared.wait(Word::Lock, marked);
        self.shared.load(Word::Lock, Ordering::Relaxed)
    }

    /// The dead owner may have changed a counter, and not have told it.
    fn mend(&self) {
        nudge(self.shared, Side::Consumer);
        nudge(self.shared, Side::Producer);
    }

    fn give_back(&self) {
        if self.shared.swap(Word::Lock, 0, Ordering::Release) & LOCK_WAITERS != 0 {
            self.shared.wake(Word::Lock);
        }
    }
}
