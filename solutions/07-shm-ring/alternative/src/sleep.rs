//! How a side of a ring sleeps and is woken. As in [`mod@crate::ring`], all goes through [`Shared`].
//!
//! Each side stores one word and then loads the other's: the sleeper its flag, then the counter; the other one the
//! counter, then the flag. At least one must see the other's store, or the sleeper is never woken. Release and acquire
//! do not give that; a `fence(SeqCst)` on both sides, between store and load, does. The flags themselves are relaxed.
//!
//! The word to sleep on is added to with release ([`nudge`]) and read with acquire ([`sleep`]): whoever sees it
//! changed sees what the change tells of.

use crate::layout::CLOSED;
use crate::ring::{Trouble, Use};
use crate::sync::{Ordering, Shared, Side, Word};

/// Closes a ring: state 2, then both words, then both sides are woken.
pub fn close<S: Shared>(shared: &S) {
    shared.store(Word::State, CLOSED, Ordering::Release);
    nudge(shared, Side::Consumer);
    nudge(shared, Side::Producer);
}

/// Lets whoever sleeps on this side look again.
pub fn nudge<S: Shared>(shared: &S, side: Side) {
    let (word, _) = words(side);
    shared.add(word, 1, Ordering::Release);
    shared.wake(word);
}

/// The word that a side sleeps on, and its flag.
pub(crate) fn words(side: Side) -> (Word, Word) {
    match side {
        Side::Consumer => (Word::Data, Word::DataWaits),
        Side::Producer => (Word::Space, Word::SpaceWaits),
    }
}

/// Wakes a side that says that it waits. What it waits for was stored before.
pub(crate) fn notify<S: Shared>(shared: &S, side: Side) {
    let (_, waits) = words(side);
    shared.fence(Ordering::SeqCst);
    if shared.load(waits, Ordering::Relaxed) != 0 && shared.swap(waits, 0, Ordering::Relaxed) != 0 {
        nudge(shared, side);
    }
}

/// Sleeps, unless there is news, or the other side is dead.
pub(crate) fn sleep<S: Shared>(
    shared: &S,
    with: Use,
    side: Side,
    mut has_news: impl FnMut() -> bool,
) -> Result<(), Trouble> {
    let (word, waits) = words(side);
    let other = if side == Side::Producer { Side::Consumer } else { Side::Producer };
    // The word first: whatever happens from here on changes it, or is seen by the look.
    let seen = shared.load(word, Ordering::Acquire);
    shared.store(waits, 1, Ordering::Relaxed);
    shared.fence(Ordering::SeqCst);
    let mut died = false;
    if !has_news() {
        died = !with.many && shared.is_dead(other);
        if !died {
            shared.wait(word, seen);
        }
    }
    if !with.many {
        // Awake, and the only one on this side: nobody need be woken. (Of many, others may still sleep.)
        shared.store(waits, 0, Ordering::Relaxed);
    }
    // What the dead one did at last comes before its death.
    if died && !has_news() { Err(Trouble::PeerDied(other)) } else { Ok(()) }
}
