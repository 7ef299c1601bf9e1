//! The ring itself: how a record gets from one side to the other, and how a side sleeps and is woken. Not one system
//! call, and no memory but through [`Shared`]: `ring-model` runs these very lines.
//!
//! Each side owns one counter. The producer alone writes head, the consumer alone writes tail; each reads the other's.
//! (In a ring for many, whoever has the lock is the producer, or the consumer.)
//!
//! Records move in batches. A side works on counters of its own, `head` or `tail`, and shows them to the other one
//! when the batch ends: one store, one fence, one look at the flag, for as many records as there were at hand. It
//! reads the other's counter once a batch, and when its last value is used up. In a ring for many each batch has one
//! record, under the lock.
//!
//! | release | acquire | what whoever acquires may do |
//! |---|---|---|
//! | head, [`Producer::publish`] | head, `Consumer::look` | read the slots before it |
//! | tail, [`Consumer::release`] | tail, `Producer::look` | write those slots again |
//! | state, [`close`] | state, `Consumer::take` | take a second look at head for the last one |
//!
//! How a side sleeps, and is woken, stands in `sleep`.

use crate::layout::{CLOSED, READY};
use crate::lock::Lock;
use crate::options::Shape;
pub use crate::sleep::{close, nudge};
use crate::sleep::{notify, sleep};
use crate::sync::{Ordering, Shared, Side, Wide, Word};

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

impl Use {
    /// The slot of record n.
    fn slot(self, n: u64) -> u32 {
        // Below the number of slots, which has 32 bits.
        (n % u64::from(self.shape.slots)) as u32
    }

    /// Whether so many records may be in the ring.
    fn allows(self, records: u64) -> Result<(), Trouble> {
        let fits = records <= u64::from(self.shape.slots);
        fits.then_some(()).ok_or(Trouble::Malformed("head and tail are further apart than there are slots"))
    }
}

/// The low 32 bits of n + 1: what stands beside record n.
fn seq(n: u64) -> u32 {
    n.wrapping_add(1) as u32
}

/// The side that pushes.
#[derive(Debug)]
pub struct Producer<'a, S> {
    shared: &'a S,
    with: Use,
    /// So many records are written. Private: what stands in the segment may lie.
    head: u64,
    /// So many of them the consumer knows of.
    published: u64,
    /// What was last seen of the consumer's counter.
    tail: u64,
    /// Whether `tail` was seen in this batch.
    looked: bool,
}

/// The side that pops.
#[derive(Debug)]
pub struct Consumer<'a, S> {
    shared: &'a S,
    with: Use,
    /// So many records are taken.
    tail: u64,
    /// The slots of so many of them the producer may use again.
    released: u64,
    /// What was last seen of the producer's counter.
    head: u64,
}

impl<'a, S: Shared> Producer<'a, S> {
    /// Begins where the segment says.
    ///
    /// # Errors
    /// What it says cannot be.
    pub fn new(shared: &'a S, with: Use) -> Result<Self, Trouble> {
        let mut producer = Producer { shared, with, head: 0, published: 0, tail: 0, looked: false };
        producer.locked(Self::begin)?;
        Ok(producer)
    }

    /// Pushes a record of at most `slot_size` bytes; `false` if there is no room.
    ///
    /// # Errors
    /// The ring is closed or malformed.
    pub fn try_push(&mut self, bytes: &[u8]) -> Result<bool, Trouble> {
        self.locked(|producer| {
            if producer.with.many {
                producer.begin()?;
            }
            let done = producer.write(bytes)?;
            producer.publish();
            Ok(done)
        })
    }

    /// As [`Producer::try_push`], but the consumer may hear of the record only at the next [`Producer::publish`].
    ///
    /// # Errors
    /// The ring is closed or malformed.
    pub fn try_stage(&mut self, bytes: &[u8]) -> Result<bool, Trouble> {
        if self.with.many { self.try_push(bytes) } else { self.write(bytes) }
    }

    /// Publishes what was staged, and wakes the consumer if it says that it waits.
    pub fn publish(&mut self) {
        self.looked = false;
        if self.head == self.published {
            return;
        }
        self.shared.store_wide(Wide::Head, self.head, Ordering::Release);
        self.published = self.head;
        notify(self.shared, Side::Consumer);
    }

    /// Sleeps until there may be room, or a reason to give up. It may return for no reason.
    ///
    /// # Errors
    /// The consumer is dead, and there is no room.
    pub fn wait(&mut self) -> Result<(), Trouble> {
        self.publish();
        let with = self.with;
        sleep(self.shared, with, Side::Producer, || self.locked(|producer| producer.has_news()))
    }

    /// Closes the ring, and wakes whoever sleeps.
    pub fn close(&self) {
        close(self.shared);
    }

    /// In a ring for many, `act` runs under the lock.
    fn locked<R>(&mut self, act: impl FnOnce(&mut Self) -> R) -> R {
        if self.with.many { Lock::new(self.shared).with(|| act(self)) } else { act(self) }
    }

    /// Believes both counters of the segment, if they can be.
    fn begin(&mut self) -> Result<(), Trouble> {
        // Ours changes only while we are not here; the lock, or attaching, has ordered that.
        self.head = self.shared.load_wide(Wide::Head, Ordering::Acquire);
        self.published = self.head;
        self.look()
    }

    fn look(&mut self) -> Result<(), Trouble> {
        self.tail = self.shared.load_wide(Wide::Tail, Ordering::Acquire);
        self.looked = true;
        self.with.allows(self.published.wrapping_sub(self.tail))
    }

    fn is_full(&self) -> bool {
        self.head.wrapping_sub(self.tail) == u64::from(self.with.shape.slots)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<bool, Trouble> {
        if is_closed(self.shared, Ordering::Relaxed)? {
            return Err(Trouble::Closed);
        }
        if !self.looked || self.is_full() {
            self.look()?;
        }
        if self.is_full() {
            return Ok(false);
        }
        self.shared.write_slot(self.with.slot(self.head), bytes.len() as u32, seq(self.head), bytes);
        self.head = self.head.wrapping_add(1);
        Ok(true)
    }

    /// Whether waiting is over: there is room, or something else that `write` will tell.
    fn has_news(&mut self) -> bool {
        let seen = if self.with.many { self.begin() } else { self.look() };
        seen.is_err() || !self.is_full() || is_closed(self.shared, Ordering::Relaxed) != Ok(false)
    }
}

impl<'a, S: Shared> Consumer<'a, S> {
    /// Begins where the segment says.
    ///
    /// # Errors
    /// What it says cannot be.
    pub fn new(shared: &'a S, with: Use) -> Result<Self, Trouble> {
        let mut consumer = Consumer { shared, with, tail: 0, released: 0, head: 0 };
        consumer.locked(Self::begin)?;
        Ok(consumer)
    }

    /// Takes a record, if there is one, and appends its bytes to `out`.
    ///
    /// # Errors
    /// The ring is malformed; then `out` is as it was.
    pub fn try_pop(&mut self, out: &mut Vec<u8>) -> Result<Taken, Trouble> {
        self.locked(|consumer| {
            if consumer.with.many {
                consumer.begin()?;
            }
            let taken = consumer.take(out)?;
            consumer.release();
            Ok(taken)
        })
    }

    /// As [`Consumer::try_pop`], but the producer may get the slot back only at the next [`Consumer::release`].
    ///
    /// # Errors
    /// The ring is malformed; then `out` is as it was.
    pub fn try_take(&mut self, out: &mut Vec<u8>) -> Result<Taken, Trouble> {
        if self.with.many { self.try_pop(out) } else { self.take(out) }
    }

    /// Gives the slots of all that was taken back, and wakes the producer if it says that it waits.
    pub fn release(&mut self) {
        if self.tail == self.released {
            return;
        }
        self.shared.store_wide(Wide::Tail, self.tail, Ordering::Release);
        self.released = self.tail;
        notify(self.shared, Side::Producer);
    }

    /// Sleeps until there may be a record, or the end. It may return for no reason.
    ///
    /// # Errors
    /// The producer is dead, and there is no record.
    pub fn wait(&mut self) -> Result<(), Trouble> {
        self.release();
        let with = self.with;
        sleep(self.shared, with, Side::Consumer, || self.locked(|consumer| consumer.has_news()))
    }

    /// In a ring for many, `act` runs under the lock.
    fn locked<R>(&mut self, act: impl FnOnce(&mut Self) -> R) -> R {
        if self.with.many { Lock::new(self.shared).with(|| act(self)) } else { act(self) }
    }

    /// Believes both counters of the segment, if they can be.
    fn begin(&mut self) -> Result<(), Trouble> {
        self.tail = self.shared.load_wide(Wide::Tail, Ordering::Acquire);
        self.released = self.tail;
        self.look()
    }

    fn look(&mut self) -> Result<(), Trouble> {
        let head = self.shared.load_wide(Wide::Head, Ordering::Acquire);
        // It counts from what was taken, not from what the producer knows of: never back behind a record.
        self.with.allows(head.wrapping_sub(self.tail))?;
        self.head = head;
        Ok(())
    }

    fn take(&mut self, out: &mut Vec<u8>) -> Result<Taken, Trouble> {
        if self.head == self.tail {
            self.look()?;
        }
        if self.head == self.tail {
            if !is_closed(self.shared, Ordering::Acquire)? {
                return Ok(Taken::Empty);
            }
            // A record may have come between the look and the end.
            self.look()?;
            if self.head == self.tail {
                return Ok(Taken::End);
            }
        }
        let slot = self.with.slot(self.tail);
        let (len, found) = self.shared.slot_head(slot);
        if len > self.with.shape.slot_size {
            return Err(Trouble::Malformed("a record is longer than a slot"));
        }
        if found != seq(self.tail) {
            return Err(Trouble::Malformed("a record has another's sequence number"));
        }
        let begin = out.len();
        out.resize(begin + len as usize, 0);
        self.shared.read_slot(slot, &mut out[begin..]);
        self.tail = self.tail.wrapping_add(1);
        Ok(Taken::Record)
    }

    /// Whether waiting is over: there is a record, or something else that `take` will tell.
    fn has_news(&mut self) -> bool {
        let seen = if self.with.many { self.begin() } else { self.look() };
        seen.is_err() || self.head != self.tail || is_closed(self.shared, Ordering::Relaxed) != Ok(false)
    }
}

/// Whether nothing more will be pushed.
fn is_closed<S: Shared>(shared: &S, order: Ordering) -> Result<bool, Trouble> {
    match shared.load(Word::State, order) {
        READY => Ok(false),
        CLOSED => Ok(true),
        _ => Err(Trouble::Malformed("its state is neither ready nor closed")),
    }
}
