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

// BEGIN SOLUTION
use std::ptr;

use memmap2::MmapOptions;
use nix::errno::Errno;

use crate::header::{stride, total_len};
use crate::layout::{SLOT_HEAD, SLOTS_BEGIN};
use crate::peers;
// END SOLUTION

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
        // BEGIN SOLUTION
        let len = usize::try_from(total_len(header.shape)).map_err(|_| Errno::EFBIG)?;
        let map = MmapOptions::new()
            .len(len)
            .map_raw(file)
            .map_err(|error| Errno::try_from(error).unwrap_or(Errno::ENOMEM))?;
        Ok(Memory { words: Words { map: Arc::new(map) }, header, watch: Watch::default() })
        // END SOLUTION
        // STUB: todo!("M1: map the file, shared, for reading and writing")
    }

    /// mlock(2).
    ///
    /// # Errors
    /// The limit is too low, `RLIMIT_MEMLOCK`.
    pub fn keep_in_memory(&self) -> io::Result<()> {
        // BEGIN SOLUTION
        self.words.map.lock()
        // END SOLUTION
        // STUB: todo!("M2: mlock")
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
        // BEGIN SOLUTION
        let at = self.at(offset, size_of::<AtomicU32>());
        // SAFETY: `at` has checked that the word is inside, aligned; the mapping lives as long as `self`, and nobody
        // reaches these bytes other than as an atomic of this size.
        unsafe { AtomicU32::from_ptr(at.cast()) }
        // END SOLUTION
        // STUB: todo!("M1: an atomic word in the mapping")
    }

    /// The word of 64 bits at this offset, a multiple of 8.
    pub fn wide(&self, offset: usize) -> &AtomicU64 {
        // BEGIN SOLUTION
        let at = self.at(offset, size_of::<AtomicU64>());
        // SAFETY: as above.
        unsafe { AtomicU64::from_ptr(at.cast()) }
        // END SOLUTION
        // STUB: todo!("M1: a wide atomic word in the mapping")
    }
    // BEGIN SOLUTION

    /// The address of a word at an offset.
    fn at(&self, offset: usize, len: usize) -> *mut u8 {
        assert!(offset.is_multiple_of(len), "a word at an odd offset: {offset}");
        inside(&self.map, offset, len)
    }

    fn copy_in(&self, offset: usize, bytes: &[u8]) {
        let to = inside(&self.map, offset, bytes.len());
        // SAFETY: inside, and `bytes` is not in the mapping. The counters keep an honest peer away; a dishonest one can
        // only change bytes, which are only bytes.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
    }
    // END SOLUTION

    /// `FUTEX_WAIT` without a time-out. Not `FUTEX_PRIVATE_FLAG`: the other one is another process.
    pub fn wait(&self, offset: usize, seen: u32) {
        // BEGIN SOLUTION
        let word: *const u32 = self.word(offset).as_ptr();
        let no_limit = ptr::null::<libc::timespec>();
        // SAFETY: the word is in a mapping that lives; the kernel only reads it. EAGAIN and EINTR: the caller looks
        // again.
        unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAIT, seen, no_limit) };
        // END SOLUTION
        // STUB: todo!("M3: FUTEX_WAIT")
    }

    /// `FUTEX_WAKE` of all.
    pub fn wake(&self, offset: usize) {
        // BEGIN SOLUTION
        let word: *const u32 = self.word(offset).as_ptr();
        // SAFETY: as above; the kernel does not touch the word at all.
        unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE, i32::MAX) };
        // END SOLUTION
        // STUB: todo!("M3: FUTEX_WAKE")
    }
}
// BEGIN SOLUTION

/// The address of `len` bytes at an offset of a mapping.
fn inside(map: &MmapRaw, offset: usize, len: usize) -> *mut u8 {
    let is_inside = offset.checked_add(len).is_some_and(|end| end <= map.len());
    assert!(is_inside, "an offset outside of the segment: {offset}");
    // SAFETY: inside the mapping, or just behind its end with no bytes, as was just checked.
    unsafe { map.as_mut_ptr().add(offset) }
}

/// Copies bytes out of a mapping.
pub(crate) fn copy_out(map: &MmapRaw, offset: usize, bytes: &mut [u8]) {
    let from = inside(map, offset, bytes.len());
    // SAFETY: inside, and `bytes` is not in the mapping.
    unsafe { ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), bytes.len()) };
}

impl Memory {
    fn slot(&self, slot: u32) -> usize {
        // The header's check: the segment has so many slots, and fits into the address space.
        SLOTS_BEGIN + slot as usize * stride(self.header.shape) as usize
    }
}
// END SOLUTION

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
        // BEGIN SOLUTION
        let at = self.slot(slot);
        self.words.word(at).store(len, Ordering::Relaxed);
        self.words.word(at + 4).store(seq, Ordering::Relaxed);
        self.words.copy_in(at + SLOT_HEAD, bytes);
        // END SOLUTION
        // STUB: todo!("M2: write a slot")
    }

    fn slot_head(&self, slot: u32) -> (u32, u32) {
        // BEGIN SOLUTION
        let at = self.slot(slot);
        let len = self.words.word(at).load(Ordering::Relaxed);
        (len, self.words.word(at + 4).load(Ordering::Relaxed))
        // END SOLUTION
        // STUB: todo!("M2: what a slot says of itself")
    }

    fn read_slot(&self, slot: u32, into: &mut [u8]) {
        // BEGIN SOLUTION
        copy_out(&self.words.map, self.slot(slot) + SLOT_HEAD, into);
        // END SOLUTION
        // STUB: todo!("M2: copy the bytes out of a slot")
    }

    fn wait(&self, word: Word, seen: u32) {
        self.words.wait(word.offset(), seen);
    }

    fn wake(&self, word: Word) {
        self.words.wake(word.offset());
    }

    fn is_dead(&self, side: Side) -> bool {
        // BEGIN SOLUTION
        self.watch.is_dead(self, side)
        // END SOLUTION
        // STUB: false // M7: look, and be woken when it dies
    }

    fn me(&self) -> u32 {
        // BEGIN SOLUTION
        nix::unistd::gettid().as_raw().cast_unsigned()
        // END SOLUTION
        // STUB: todo!("M8: this thread's id")
    }

    fn is_gone(&self, tid: u32) -> bool {
        // BEGIN SOLUTION
        peers::life(tid).is_none()
        // END SOLUTION
        // STUB: todo!("M8: whether there is such a thread")
    }
}
