//! The ring itself: how a record gets from one side to the other, and how a side sleeps and is woken. Not one system
//! call, and no memory but through [`Shared`]: `ring-model` runs these very lines.
//!
//! Each side owns one counter. The producer alone writes head, the consumer alone writes tail; each reads the other's.
//! (In a ring for many, whoever has the lock is the producer, or the consumer.)

use crate::options::Shape;
use crate::sync::{Shared, Side};

// BEGIN SOLUTION
use crate::layout::{CLOSED, READY};
use crate::lock::Lock;
use crate::sync::{Ordering, Wide, Word};
// END SOLUTION

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
    // BEGIN SOLUTION
    /// What the other side can see of head.
    published: u64,
    // END SOLUTION
}

/// The side that pops.
#[derive(Debug)]
pub struct Consumer<'a, S> {
    shared: &'a S,
    with: Use,
    tail: u64,
    head: u64,
    // BEGIN SOLUTION
    /// What the other side can see of tail.
    freed: u64,
    // END SOLUTION
}

impl<'a, S: Shared> Producer<'a, S> {
    /// Begins where the segment says.
    ///
    /// # Errors
    /// What it says cannot be.
    pub fn new(shared: &'a S, with: Use) -> Result<Self, Trouble> {
        // BEGIN SOLUTION
        let mut producer = Producer { shared, with, head: 0, tail: 0, published: 0 };
        // Where there are many, two looks see two moments, unless nobody else may move meanwhile.
        alone(shared, with, || producer.look_at_both())?;
        Ok(producer)
        // END SOLUTION
        // STUB: todo!("M2: begin where the segment says")
    }

    /// Pushes a record of at most `slot_size` bytes; `false` if there is no room.
    ///
    /// # Errors
    /// The ring is closed or malformed.
    pub fn try_push(&mut self, bytes: &[u8]) -> Result<bool, Trouble> {
        // BEGIN SOLUTION
        alone(self.shared, self.with, || {
            if self.with.many {
                self.look_at_both()?;
            }
            let is_put = self.put_alone(bytes)?;
            self.publish();
            Ok(is_put)
        })
        // END SOLUTION
        // STUB: todo!("M2: push a record")
    }
    // BEGIN SOLUTION

    /// The same for a side that has more: the record is published with those after it, by one store and one fence. It
    /// must call [`Self::publish`] before it waits for anything but room.
    ///
    /// # Errors
    /// As [`Self::try_push`].
    pub fn try_put(&mut self, bytes: &[u8]) -> Result<bool, Trouble> {
        if self.with.many {
            return self.try_push(bytes);
        }
        let is_put = self.put_alone(bytes);
        if is_put != Ok(true) || self.head.wrapping_sub(self.published) >= together(self.with.shape) {
            self.publish();
        }
        is_put
    }

    /// Publishes what was put, and wakes a consumer that sleeps.
    pub fn publish(&mut self) {
        if self.head != self.published {
            self.published = self.head;
            // Release: pairs with the Acquire of `look_at_head`. Whoever sees the new head sees the slots.
            self.shared.store_wide(Wide::Head, self.head, Ordering::Release);
            wake(self.shared, Word::DataWaits, Word::Data);
        }
    }
    // END SOLUTION

    /// Sleeps until there may be room, or a reason to give up. It may return for no reason.
    ///
    /// # Errors
    /// The consumer is dead, and there is no room.
    pub fn wait(&mut self) -> Result<(), Trouble> {
        // BEGIN SOLUTION
        // First of all: whoever wakes us adds 1 to this, and then we do not fall asleep.
        let seen = self.shared.load(Word::Space, Ordering::Acquire);
        if self.has_news() {
            return Ok(());
        }
        if self.shared.is_dead(Side::Consumer) {
            return if self.has_news() { Ok(()) } else { Err(Trouble::PeerDied(Side::Consumer)) };
        }
        sleep(self.shared, Word::SpaceWaits, Word::Space, seen, || self.has_news());
        Ok(())
        // END SOLUTION
        // STUB: todo!("M3: sleep until there is room")
    }

    /// Closes the ring, and wakes whoever sleeps.
    pub fn close(&self) {
        close(self.shared);
    }
    // BEGIN SOLUTION

    /// Reads both counters anew.
    fn look_at_both(&mut self) -> Result<(), Trouble> {
        self.head = self.shared.load_wide(Wide::Head, Ordering::Acquire);
        self.published = self.head;
        self.look_at_tail()
    }

    fn look_at_tail(&mut self) -> Result<(), Trouble> {
        // Acquire: pairs with the Release of `free`. The slots before it were read.
        self.tail = self.shared.load_wide(Wide::Tail, Ordering::Acquire);
        used(self.head, self.tail, self.with.shape).map(|_| ())
    }

    /// Writes a record into the next slot, where nobody sees it yet.
    fn put_alone(&mut self, bytes: &[u8]) -> Result<bool, Trouble> {
        // Once for all that are published together: the line of this word stays out of the way of the others.
        if self.head == self.published && is_closed(self.shared)? {
            return Err(Trouble::Closed);
        }
        let slots = u64::from(self.with.shape.slots);
        if self.head.wrapping_sub(self.tail) == slots {
            self.look_at_tail()?;
            if self.head.wrapping_sub(self.tail) == slots {
                return Ok(false);
            }
        }
        // slots is a power of two.
        let slot = (self.head & (slots - 1)) as u32;
        self.shared.write_slot(slot, bytes.len() as u32, sequence(self.head), bytes);
        self.head = self.head.wrapping_add(1);
        Ok(true)
    }

    /// Whether there is room, or no sense in waiting.
    fn has_news(&self) -> bool {
        // Its own counter is private, also here: if somebody else has changed the shared one, this must not go in
        // circles.
        let load = |word| self.shared.load_wide(word, Ordering::Acquire);
        let head = if self.with.many { load(Wide::Head) } else { self.head };
        head.wrapping_sub(load(Wide::Tail)) != u64::from(self.with.shape.slots) || !is_open(self.shared)
    }
    // END SOLUTION
}

impl<'a, S: Shared> Consumer<'a, S> {
    /// Begins where the segment says.
    ///
    /// # Errors
    /// What it says cannot be.
    pub fn new(shared: &'a S, with: Use) -> Result<Self, Trouble> {
        // BEGIN SOLUTION
        let mut consumer = Consumer { shared, with, tail: 0, head: 0, freed: 0 };
        alone(shared, with, || consumer.look_at_both())?;
        Ok(consumer)
        // END SOLUTION
        // STUB: todo!("M2: begin where the segment says")
    }

    /// Takes a record, if there is one, and appends its bytes to `out`.
    ///
    /// # Errors
    /// The ring is malformed; then `out` is as it was.
    pub fn try_pop(&mut self, out: &mut Vec<u8>) -> Result<Taken, Trouble> {
        // BEGIN SOLUTION
        alone(self.shared, self.with, || {
            if self.with.many {
                self.look_at_both()?;
            }
            let taken = self.take_alone(out)?;
            self.free();
            Ok(taken)
        })
        // END SOLUTION
        // STUB: todo!("M2: take a record")
    }
    // BEGIN SOLUTION

    /// The same for a side that goes on: the slot is freed with those after it. It must call [`Self::free`] before what
    /// it has taken is used: else it would be taken again, if this process were killed in between.
    ///
    /// # Errors
    /// As [`Self::try_pop`].
    pub fn try_take(&mut self, out: &mut Vec<u8>) -> Result<Taken, Trouble> {
        if self.with.many {
            return self.try_pop(out);
        }
        let taken = self.take_alone(out);
        if taken != Ok(Taken::Record) || self.tail.wrapping_sub(self.freed) >= together(self.with.shape) {
            self.free();
        }
        taken
    }

    /// Frees the slots of what was taken, and wakes a producer that sleeps.
    pub fn free(&mut self) {
        if self.tail != self.freed {
            self.freed = self.tail;
            // Release: pairs with the Acquire of `look_at_tail`. The slots were read.
            self.shared.store_wide(Wide::Tail, self.tail, Ordering::Release);
            wake(self.shared, Word::SpaceWaits, Word::Space);
        }
    }
    // END SOLUTION

    /// Sleeps until there may be a record, or the end. It may return for no reason.
    ///
    /// # Errors
    /// The producer is dead, and there is no record.
    pub fn wait(&mut self) -> Result<(), Trouble> {
        // BEGIN SOLUTION
        let seen = self.shared.load(Word::Data, Ordering::Acquire);
        if self.has_news() {
            return Ok(());
        }
        if self.shared.is_dead(Side::Producer) {
            return if self.has_news() { Ok(()) } else { Err(Trouble::PeerDied(Side::Producer)) };
        }
        sleep(self.shared, Word::DataWaits, Word::Data, seen, || self.has_news());
        Ok(())
        // END SOLUTION
        // STUB: todo!("M3: sleep until there is a record")
    }
    // BEGIN SOLUTION

    fn look_at_both(&mut self) -> Result<(), Trouble> {
        self.tail = self.shared.load_wide(Wide::Tail, Ordering::Acquire);
        self.freed = self.tail;
        self.look_at_head()
    }

    fn look_at_head(&mut self) -> Result<(), Trouble> {
        // Acquire: pairs with the Release of `publish`.
        self.head = self.shared.load_wide(Wide::Head, Ordering::Acquire);
        used(self.head, self.tail, self.with.shape).map(|_| ())
    }

    fn take_alone(&mut self, out: &mut Vec<u8>) -> Result<Taken, Trouble> {
        if self.copy_alone(out)? {
            return Ok(Taken::Record);
        }
        if !is_closed(self.shared)? {
            return Ok(Taken::Empty);
        }
        // Before it was closed, something may have come: look once more.
        if self.copy_alone(out)? { Ok(Taken::Record) } else { Ok(Taken::End) }
    }

    /// Copies the next record out of its slot, which nobody may write yet.
    fn copy_alone(&mut self, out: &mut Vec<u8>) -> Result<bool, Trouble> {
        if self.head == self.tail {
            self.look_at_head()?;
            if self.head == self.tail {
                return Ok(false);
            }
        }
        let slot = (self.tail & (u64::from(self.with.shape.slots) - 1)) as u32;
        // Once: a second look may see another length than the one that was checked.
        let (len, seq) = self.shared.slot_head(slot);
        if len > self.with.shape.slot_size {
            return Err(Trouble::Malformed("a record is longer than its slot"));
        }
        if seq != sequence(self.tail) {
            return Err(Trouble::Malformed("a record has a wrong sequence number"));
        }
        let start = out.len();
        out.resize(start + len as usize, 0);
        self.shared.read_slot(slot, &mut out[start..]);
        self.tail = self.tail.wrapping_add(1);
        Ok(true)
    }

    /// Whether there is a record, or the end, or no sense in waiting.
    fn has_news(&self) -> bool {
        let load = |word| self.shared.load_wide(word, Ordering::Acquire);
        let tail = if self.with.many { load(Wide::Tail) } else { self.tail };
        load(Wide::Head) != tail || !is_open(self.shared)
    }
    // END SOLUTION
}

/// Closes a ring: state 2, then both words, then both sides are woken.
pub fn close<S: Shared>(shared: &S) {
    // BEGIN SOLUTION
    // Release: pairs with the Acquire of `is_closed`. Whoever sees the end sees all that came before.
    shared.store(Word::State, CLOSED, Ordering::Release);
    nudge(shared, Side::Consumer);
    nudge(shared, Side::Producer);
    // END SOLUTION
    // STUB: todo!("M2: close the ring; M3: wake whoever sleeps")
}

/// Lets whoever sleeps on this side look again.
pub fn nudge<S: Shared>(shared: &S, side: Side) {
    // BEGIN SOLUTION
    let word = match side {
        Side::Consumer => Word::Data,
        Side::Producer => Word::Space,
    };
    shared.add(word, 1, Ordering::Release);
    shared.wake(word);
    // END SOLUTION
    // STUB: todo!("M2: add 1 to the word; M3: and wake")
}
// BEGIN SOLUTION

/// Runs `act` alone: under the lock, if there are many.
fn alone<S: Shared, R>(shared: &S, with: Use, act: impl FnOnce() -> R) -> R {
    if with.many { Lock::new(shared).with(act) } else { act() }
}

/// How many records are published together, and slots freed: each time costs a fence and the other side's cache line, and
/// until then the other side does not begin. A quarter of a small ring, so that both sides have something to do.
fn together(shape: Shape) -> u64 {
    u64::from(shape.slots / 4).clamp(1, 128)
}

/// The sequence number of a record: the low half of its number, counted from 1.
fn sequence(index: u64) -> u32 {
    (index as u32).wrapping_add(1)
}

/// How many slots are used; more than there are cannot be.
fn used(head: u64, tail: u64, shape: Shape) -> Result<u64, Trouble> {
    let used = head.wrapping_sub(tail);
    if used > u64::from(shape.slots) {
        Err(Trouble::Malformed("head and tail are too far apart"))
    } else {
        Ok(used)
    }
}

fn is_open<S: Shared>(shared: &S) -> bool {
    shared.load(Word::State, Ordering::Acquire) == READY
}

fn is_closed<S: Shared>(shared: &S) -> Result<bool, Trouble> {
    match shared.load(Word::State, Ordering::Acquire) {
        READY => Ok(false),
        CLOSED => Ok(true),
        _ => Err(Trouble::Malformed("not ready")),
    }
}

/// Falls asleep on `word`, unless there is news.
fn sleep<S: Shared>(shared: &S, waits: Word, word: Word, seen: u32, has_news: impl Fn() -> bool) {
    shared.store(waits, 1, Ordering::Relaxed);
    // Between "I am about to sleep" and the last look; its twin is in `wake`. One of the two sees the other.
    shared.fence(Ordering::SeqCst);
    if !has_news() {
        shared.wait(word, seen);
    }
}

/// After a publication: wakes whoever has said that it may be asleep, once.
fn wake<S: Shared>(shared: &S, waits: Word, word: Word) {
    shared.fence(Ordering::SeqCst);
    if shared.load(waits, Ordering::Relaxed) != 0 && shared.swap(waits, 0, Ordering::Relaxed) != 0 {
        shared.add(word, 1, Ordering::Release);
        shared.wake(word);
    }
}
// END SOLUTION
