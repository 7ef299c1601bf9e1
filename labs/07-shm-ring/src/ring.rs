//! The ring itself: how a record gets from one side to the other, and how a side sleeps and is woken. Not one system
//! call, and no memory but through [`Shared`]: `ring-model` runs these very lines.
//!
//! Each side owns one counter. The producer alone writes head, the consumer alone writes tail; each reads the other's.
//! (In a ring for many, whoever has the lock is the producer, or the consumer.)

use crate::options::Shape;
use crate::sync::{Shared, Side};

/// Why a ring cannot be used any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is closed: nothing more may be pushed.
    Closed,
    /// The other side is dead.
    PeerDied(Side),
    /// The segment is malformed.
    Malformed(&'static str),
}

/// What a look for a record has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// A record; its bytes were appended.
    Record,
    /// There is none now.
    Empty,
    /// There will be none: the ring is closed, and empty.
    End,
}

/// How a ring is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Its slots.
    pub shape: Shape,
    /// Many producers and consumers, under the lock.
    pub many: bool,
}

/// The side that pushes.
#[derive(Debug)]
pub struct Producer<'a, S> {
    shared: &'a S,
    with: Use,
    /// Its own counter, and what it last saw of the other's. Private: what stands in the segment may lie.
    head: u64,
    tail: u64,
}

/// The side that pops.
#[derive(Debug)]
pub struct Consumer<'a, S> {
    shared: &'a S,
    with: Use,
    tail: u64,
    head: u64,
}

impl<'a, S: Shared> Producer<'a, S> {
    /// Begins where the segment says.
    ///
    /// # Errors
    /// What it says cannot be.
    pub fn new(shared: &'a S, with: Use) -> Result<Self, Trouble> {
        todo!("M2: begin where the segment says")
    }

    /// Pushes a record of at most `slot_size` bytes; `false` if there is no room.
    ///
    /// # Errors
    /// The ring is closed or malformed.
    pub fn try_push(&mut self, bytes: &[u8]) -> Result<bool, Trouble> {
        todo!("M2: push a record")
    }

    /// Sleeps until there may be room, or a reason to give up. It may return for no reason.
    ///
    /// # Errors
    /// The consumer is dead, and there is no room.
    pub fn wait(&mut self) -> Result<(), Trouble> {
        todo!("M3: sleep until there is room")
    }

    /// Closes the ring, and wakes whoever sleeps.
    pub fn close(&self) {
        close(self.shared);
    }
}

impl<'a, S: Shared> Consumer<'a, S> {
    /// Begins where the segment says.
    ///
    /// # Errors
    /// What it says cannot be.
    pub fn new(shared: &'a S, with: Use) -> Result<Self, Trouble> {
        todo!("M2: begin where the segment says")
    }

    /// Takes a record, if there is one, and appends its bytes to `out`.
    ///
    /// # Errors
    /// The ring is malformed; then `out` is as it was.
    pub fn try_pop(&mut self, out: &mut Vec<u8>) -> Result<Taken, Trouble> {
        todo!("M2: take a record")
    }

    /// Sleeps until there may be a record, or the end. It may return for no reason.
    ///
    /// # Errors
    /// The producer is dead, and there is no record.
    pub fn wait(&mut self) -> Result<(), Trouble> {
        todo!("M3: sleep until there is a record")
    }
}

/// Closes a ring: state 2, then both words, then both sides are woken.
pub fn close<S: Shared>(shared: &S) {
    todo!("M2: close the ring; M3: wake whoever sleeps")
}

/// Lets whoever sleeps on this side look again.
pub fn nudge<S: Shared>(shared: &S, side: Side) {
    todo!("M2: add 1 to the word; M3: and wake")
}
