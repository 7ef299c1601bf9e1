//! A mapped segment as [`Shared`]: words are atomics at fixed offsets, sleeping is futex(2).
#![allow(unsafe_code, reason = "atomics in a mapping, copies to and from it, futex(2)")]

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64};

use memmap2::MmapRaw;

use crate::header::Header;
use crate::options::Shape;
use crate::peers::Watch;
use crate::sync::{Ordering, Shared, Side, Wide, Word};

/// The words of a mapping. A clone is the same mapping: a second thread may have it.
#[derive(Debug, Clone)]
pub struct Words {
    map: Arc<MmapRaw>,
}

/// A ring that is mapped.
#[derive(Debug)]
pub struct Memory {
    words: Words,
    header: Header,
    watch: Watch,
}

impl Memory {
    /// Maps a segment whose header was checked. Shared: `MAP_PRIVATE` would be a copy that nobody else sees, and that
    /// is what `memmap2::map_anon` and `map_copy` give.
    ///
    /// # Errors
    /// Those of mmap(2).
    pub fn map(file: &File, header: Header) -> nix::Result<Memory> {
        todo!("M1: map the file, shared, for reading and writing")
    }

    /// mlock(2).
    ///
    /// # Errors
    /// The limit is too low, `RLIMIT_MEMLOCK`.
    pub fn keep_in_memory(&self) -> io::Result<()> {
        todo!("M2: mlock")
    }

    /// What the header said when it was checked.
    pub fn header(&self) -> Header {
        self.header
    }

    /// The slots.
    pub fn shape(&self) -> Shape {
        self.header.shape
    }

    /// The words, also for another thread.
    pub fn words(&self) -> &Words {
        &self.words
    }
}

impl Words {
    /// The word of 32 bits at this offset, a multiple of 4.
    pub fn word(&self, offset: usize) -> &AtomicU32 {
        todo!("M1: an atomic word in the mapping")
    }

    /// The word of 64 bits at this offset, a multiple of 8.
    pub fn wide(&self, offset: usize) -> &AtomicU64 {
        todo!("M1: a wide atomic word in the mapping")
    }

    /// `FUTEX_WAIT` without a time-out. Not `FUTEX_PRIVATE_FLAG`: the other one is another process.
    pub fn wait(&self, offset: usize, seen: u32) {
        todo!("M3: FUTEX_WAIT")
    }

    /// `FUTEX_WAKE` of all.
    pub fn wake(&self, offset: usize) {
        todo!("M3: FUTEX_WAKE")
    }
}

impl Shared for Memory {
    fn load(&self, word: Word, order: Ordering) -> u32 {
        self.words.word(word.offset()).load(order)
    }

    fn store(&self, word: Word, value: u32, order: Ordering) {
        self.words.word(word.offset()).store(value, order);
    }

    fn swap(&self, word: Word, value: u32, order: Ordering) -> u32 {
        self.words.word(word.offset()).swap(value, order)
    }

    fn add(&self, word: Word, value: u32, order: Ordering) -> u32 {
        self.words.word(word.offset()).fetch_add(value, order)
    }

    fn exchange(&self, word: Word, from: u32, to: u32, order: Ordering) -> Result<u32, u32> {
        self.words.word(word.offset()).compare_exchange(from, to, order, Ordering::Relaxed)
    }

    fn load_wide(&self, word: Wide, order: Ordering) -> u64 {
        self.words.wide(word.offset()).load(order)
    }

    fn store_wide(&self, word: Wide, value: u64, order: Ordering) {
        self.words.wide(word.offset()).store(value, order);
    }

    fn fence(&self, order: Ordering) {
        std::sync::atomic::fence(order);
    }

    fn write_slot(&self, slot: u32, len: u32, seq: u32, bytes: &[u8]) {
        todo!("M2: write a slot")
    }

    fn slot_head(&self, slot: u32) -> (u32, u32) {
        todo!("M2: what a slot says of itself")
    }

    fn read_slot(&self, slot: u32, into: &mut [u8]) {
        todo!("M2: copy the bytes out of a slot")
    }

    fn wait(&self, word: Word, seen: u32) {
        self.words.wait(word.offset(), seen);
    }

    fn wake(&self, word: Word) {
        self.words.wake(word.offset());
    }

    fn is_dead(&self, side: Side) -> bool {
        false // M7: look, and be woken when it dies
    }

    fn me(&self) -> u32 {
        todo!("M8: this thread's id")
    }

    fn is_gone(&self, tid: u32) -> bool {
        todo!("M8: whether there is such a thread")
    }
}
