//! What a ring stands on: words that both sides see, slots, and a place to sleep. Given.
//!
//! The ring ([`ring`](crate::ring), [`lock`](crate::lock)) touches shared memory through [`Shared`] and in no other
//! way. So the same code runs on a mapped segment ([`memory`](crate::memory)), and in `ring-model` on a model that
//! tries every order in which two threads, and the memory between them, may act.
//!
//! An ordering is as strong as you ask for and no stronger: where x86-64 is kind, the model is not.

pub use std::sync::atomic::Ordering;

/// A shared word of 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    /// 0 making, 1 ready, 2 closed.
    State,
    /// The process that produces, or 0.
    ProducerPid,
    /// The process that consumes, or 0.
    ConsumerPid,
    /// The consumer sleeps on it.
    Data,
    /// Whether a consumer may be asleep.
    DataWaits,
    /// The producer sleeps on it.
    Space,
    /// Whether a producer may be asleep.
    SpaceWaits,
    /// The lock of a ring for many.
    Lock,
}

impl Word {
    /// Where it stands in the segment.
    #[must_use]
    pub const fn offset(self) -> usize {
        match self {
            Word::State => 32,
            Word::ProducerPid => 36,
            Word::ConsumerPid => 40,
            Word::Data => 72,
            Word::DataWaits => 76,
            Word::Space => 136,
            Word::SpaceWaits => 140,
            Word::Lock => 192,
        }
    }
}

/// A shared word of 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wide {
    /// When the producer was started (field 22 of `/proc/PID/stat`); 0: not known.
    ProducerStart,
    /// The same of the consumer.
    ConsumerStart,
    /// So many slots were published so far; wraps at 2^64.
    Head,
    /// So many were freed.
    Tail,
}

impl Wide {
    /// Where it stands in the segment.
    #[must_use]
    pub const fn offset(self) -> usize {
        match self {
            Wide::ProducerStart => 48,
            Wide::ConsumerStart => 56,
            Wide::Head => 64,
            Wide::Tail => 128,
        }
    }
}

/// One of the two who use a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Whoever pushes.
    Producer,
    /// Whoever pops.
    Consumer,
}

/// Shared memory as a ring sees it.
pub trait Shared {
    /// Reads a word. Orderings are those of [`std::sync::atomic`].
    fn load(&self, word: Word, order: Ordering) -> u32;
    /// Writes a word.
    fn store(&self, word: Word, value: u32, order: Ordering);
    /// Writes a word and gives what it was, in one step.
    fn swap(&self, word: Word, value: u32, order: Ordering) -> u32;
    /// Adds to a word, wrapping, and gives what it was.
    fn add(&self, word: Word, value: u32, order: Ordering) -> u32;
    /// Writes `to` if the word is `from`, in one step: `Ok(from)`. Else `Err` with what it is; then the ordering is
    /// `Relaxed`.
    ///
    /// # Errors
    /// The word is another.
    fn exchange(&self, word: Word, from: u32, to: u32, order: Ordering) -> Result<u32, u32>;
    /// Reads a wide word.
    fn load_wide(&self, word: Wide, order: Ordering) -> u64;
    /// Writes a wide word.
    fn store_wide(&self, word: Wide, value: u64, order: Ordering);
    /// [`std::sync::atomic::fence`].
    fn fence(&self, order: Ordering);

    /// Writes a slot: its length, its sequence number, its bytes. `slot` is below the number of slots. This is plain
    /// memory: who writes it must be alone.
    fn write_slot(&self, slot: u32, len: u32, seq: u32, bytes: &[u8]);
    /// Reads the length and the sequence number of a slot, each once.
    fn slot_head(&self, slot: u32) -> (u32, u32);
    /// Copies bytes out of a slot; there are no more than a slot has.
    fn read_slot(&self, slot: u32, into: &mut [u8]);

    /// Sleeps until somebody wakes those who sleep on `word`, if it still is `seen`; may return at any time, for no
    /// reason. futex(2), `FUTEX_WAIT`.
    fn wait(&self, word: Word, seen: u32);
    /// Wakes all who sleep on `word`. `FUTEX_WAKE`.
    fn wake(&self, word: Word);

    /// Whether a process is attached on this side and is dead.
    fn is_dead(&self, side: Side) -> bool;
    /// The id of this thread.
    fn me(&self) -> u32;
    /// Whether there is no thread of this id, or only a zombie.
    fn is_gone(&self, tid: u32) -> bool;
}
