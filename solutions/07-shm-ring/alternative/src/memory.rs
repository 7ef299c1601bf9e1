//! A mapped segment as [`Shared`]: words are atomics at fixed offsets, sleeping is futex(2).
//!
//! The trait has no room for errors. What goes wrong below it is kept here, and [`Memory::sound`] tells it: whoever
//! has used the ring asks before he believes the result.
#![allow(unsafe_code, reason = "futex(2) has no wrapper")]

use std::cell::OnceCell;
use std::fmt::Display;
use std::fs::File;
use std::ptr::null;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64};

use nix::errno::Errno;

use crate::failure::Failure;
use crate::header::{Header, stride, total_len};
use crate::layout::{CLOSED, MAKING, READY, SLOT_HEAD, SLOTS_BEGIN};
use crate::mapping::Mapping;
use crate::options::Shape;
use crate::sync::{Ordering, Shared, Side, Wide, Word};
use crate::truncated;
use crate::watch::Watch;

/// The words of a mapping. A clone is the same mapping: a second thread may have it.
#[derive(Debug, Clone)]
pub struct Words {
    map: Arc<Mapping>,
}

/// A ring that is mapped.
#[derive(Debug)]
pub struct Memory {
    words: Words,
    header: Header,
    watch: Watch,
    /// What the kernel refused, first.
    refused: OnceCell<Errno>,
}

impl Memory {
    /// Maps a segment whose header was checked.
    ///
    /// # Errors
    /// Those of mmap(2).
    pub fn map(file: &File, header: Header) -> nix::Result<Memory> {
        let map = Mapping::new(file, total_len(header.shape), true)?;
        let words = Words { map: Arc::new(map) };
        Ok(Memory { watch: Watch::new(&words), words, header, refused: OnceCell::new() })
    }

    /// mlock(2).
    ///
    /// # Errors
    /// The limit is too low, `RLIMIT_MEMLOCK`.
    pub fn keep_in_memory(&self) -> nix::Result<()> {
        self.words.map.keep_in_memory()
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

    /// [`MAKING`], [`READY`] or [`CLOSED`]. Acquire: whoever sees "ready" sees all that `create` wrote before.
    ///
    /// # Errors
    /// It is something else.
    pub fn state(&self) -> Result<u32, &'static str> {
        match self.load(Word::State, Ordering::Acquire) {
            state @ (MAKING | READY | CLOSED) => Ok(state),
            _ => Err("its state is none of 0, 1 and 2"),
        }
    }

    /// Whether all that was read and done so far can be believed.
    ///
    /// # Errors
    /// The segment was cut (4), or the kernel refused to let us sleep, or to tell of a death (1).
    pub fn sound(&self, what: &impl Display) -> Result<(), Failure> {
        if truncated::happened() {
            return Err(Failure::malformed(what, "somebody has cut the segment"));
        }
        self.refused.get().map_or(Ok(()), |errno| Err(Failure::system(what, *errno)))
    }

    fn slot(&self, slot: u32) -> usize {
        // Inside of the mapping, so it fits.
        SLOTS_BEGIN + slot as usize * stride(self.header.shape) as usize
    }

    /// Keeps what went wrong; then gives what leads out of the ring's loops soonest.
    fn keep<T>(&self, result: nix::Result<T>, otherwise: T) -> T {
        result.unwrap_or_else(|errno| {
            self.refused.get_or_init(|| errno);
            otherwise
        })
    }
}

impl Words {
    /// The word of 32 bits at this offset, a multiple of 4.
    pub fn word(&self, offset: usize) -> &AtomicU32 {
        self.map.word(offset)
    }

    /// The word of 64 bits at this offset, a multiple of 8.
    pub fn wide(&self, offset: usize) -> &AtomicU64 {
        self.map.wide(offset)
    }

    /// `FUTEX_WAIT` without a time-out. Not `FUTEX_PRIVATE_FLAG`: the other one is another process.
    ///
    /// # Errors
    /// Those of futex(2), but for those that say: look again.
    pub fn wait(&self, offset: usize, seen: u32) -> nix::Result<()> {
        let forever = null::<libc::timespec>();
        let word = self.word(offset).as_ptr();
        // SAFETY: the word is mapped as long as `self` is; the kernel copies nothing else.
        let slept = unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAIT, seen, forever) };
        match Errno::result(slept) {
            // Another value; a signal; the page is gone, which the next look will tell.
            Ok(_) | Err(Errno::EAGAIN | Errno::EINTR | Errno::EFAULT) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    /// `FUTEX_WAKE` of all.
    ///
    /// # Errors
    /// Those of futex(2), but for that of a page that is gone: then nobody sleeps there.
    pub fn wake(&self, offset: usize) -> nix::Result<()> {
        let word = self.word(offset).as_ptr();
        // SAFETY: as in `wait`.
        let woken = unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE, i32::MAX) };
        match Errno::result(woken) {
            Ok(_) | Err(Errno::EFAULT) => Ok(()),
            Err(errno) => Err(errno),
        }
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

    /// After a cut nothing is published: a slot that was written may be gone.
    fn store_wide(&self, word: Wide, value: u64, order: Ordering) {
        if word != Wide::Head || !truncated::happened() {
            self.words.wide(word.offset()).store(value, order);
        }
    }

    fn fence(&self, order: Ordering) {
        std::sync::atomic::fence(order);
    }

    fn write_slot(&self, slot: u32, len: u32, seq: u32, bytes: &[u8]) {
        let at = self.slot(slot);
        self.words.word(at).store(len, Ordering::Relaxed);
        self.words.word(at + 4).store(seq, Ordering::Relaxed);
        self.words.map.copy_in(at + SLOT_HEAD, bytes);
    }

    fn slot_head(&self, slot: u32) -> (u32, u32) {
        let at = self.slot(slot);
        (self.words.word(at).load(Ordering::Relaxed), self.words.word(at + 4).load(Ordering::Relaxed))
    }

    fn read_slot(&self, slot: u32, into: &mut [u8]) {
        self.words.map.copy_out(self.slot(slot) + SLOT_HEAD, into);
    }

    /// Does not sleep when something is wrong already: the word may be one that nobody else sees, and who waits for a
    /// record shall end. (Who waits for the lock must have it, to go on to its end.)
    fn wait(&self, word: Word, seen: u32) {
        let may_sleep = word == Word::Lock || self.refused.get().is_none();
        if may_sleep && !truncated::happened() {
            self.keep(self.words.wait(word.offset(), seen), ());
        }
    }

    fn wake(&self, word: Word) {
        self.keep(self.words.wake(word.offset()), ());
    }

    fn is_dead(&self, side: Side) -> bool {
        self.keep(self.watch.is_dead(side), true)
    }

    fn me(&self) -> u32 {
        self.watch.me()
    }

    fn is_gone(&self, tid: u32) -> bool {
        self.keep(self.watch.is_gone(tid), false)
    }
}
