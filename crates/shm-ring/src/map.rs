//! mmap and munmap by hand: bytes of a file, a segment or of nobody, in this process' address space.
//!
//! What is mapped here may change at any moment, by the hand of another process. Rust forbids that behind a `&[u8]`
//! or a `&mut T`. It allows it behind an atomic. So a mapping gives out its bytes as atomic words only.
#![allow(unsafe_code, reason = "mmap(2) and munmap(2), and words at addresses that the kernel chose")]

use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64};

use anyhow::{Context, Result};
use nix::sys::mman::{MapFlags, MsFlags, ProtFlags, mlock, mmap, mmap_anonymous, msync, munmap};

/// Who sees what is stored in a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// MAP_SHARED: everybody who has mapped the same bytes, and who reads the file.
    Shared,
    /// MAP_PRIVATE: this process. The first store to a page makes a copy of it.
    Private,
}

impl Sharing {
    fn flag(self) -> MapFlags {
        match self {
            Self::Shared => MapFlags::MAP_SHARED,
            Self::Private => MapFlags::MAP_PRIVATE,
        }
    }
}

/// Mapped memory, unmapped on drop.
///
/// When the file below it becomes shorter, a load or store beyond its end is SIGBUS: the process ends, and no memory
/// is harmed. Only a seal prevents it (`memfd.rs`).
#[derive(Debug)]
pub struct Mapping {
    start: NonNull<c_void>,
    length: NonZeroUsize,
}

impl Mapping {
    /// mmap—Maps the first `length` bytes of a file or segment. The descriptor may be closed afterwards.
    ///
    /// # Errors
    /// `EACCES` when the descriptor was not opened for reading *and* writing (shared) or reading (private); when
    /// `length` is 0.
    ///
    /// See also: `mmap(2)`
    pub fn of(file: impl AsFd, length: usize, sharing: Sharing) -> Result<Self> {
        let length = NonZeroUsize::new(length).context("map 0 bytes")?;
        // SAFETY: the kernel chooses a free place, so no memory in use is replaced.
        let start = unsafe { mmap(None, length, Self::protection(), sharing.flag(), file, 0) };
        Ok(Self { start: start.context("map memory")?, length })
    }

    /// mmap—Maps new memory, all zero, that has no file. Shared, it is shared with children that are forked later.
    ///
    /// # Errors
    /// `ENOMEM` when there is not enough; when `length` is 0.
    pub fn anonymous(length: usize, sharing: Sharing) -> Result<Self> {
        let length = NonZeroUsize::new(length).context("map 0 bytes")?;
        // SAFETY: the kernel chooses a free place, so no memory in use is replaced.
        let start = unsafe { mmap_anonymous(None, length, Self::protection(), sharing.flag()) };
        Ok(Self { start: start.context("map memory")?, length })
    }

    fn protection() -> ProtFlags {
        ProtFlags::PROT_READ | ProtFlags::PROT_WRITE
    }

    /// Where it lies in this process. Another process, or another mapping here, has it elsewhere.
    #[must_use]
    pub fn address(&self) -> usize {
        self.start.as_ptr().addr()
    }

    /// Its first byte, for those who put something there that is not a word.
    #[must_use]
    pub fn start(&self) -> NonNull<c_void> {
        self.start
    }

    /// Its length in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length.get()
    }

    /// The 32 bits at `offset`.
    ///
    /// # Panics
    /// When they are not in the mapping, or `offset` is not a multiple of 4. For an offset that somebody else has
    /// chosen, see [`Self::find_long`].
    #[must_use]
    pub fn word(&self, offset: usize) -> &AtomicU32 {
        self.find(offset).unwrap_or_else(|| panic!("no word at offset {offset} of {}", self.length))
    }

    /// The 64 bits at `offset`.
    ///
    /// # Panics
    /// When they are not in the mapping, or `offset` is not a multiple of 8.
    #[must_use]
    pub fn long(&self, offset: usize) -> &AtomicU64 {
        self.find(offset).unwrap_or_else(|| panic!("no long word at offset {offset} of {}", self.length))
    }

    /// The byte at `offset`.
    ///
    /// # Panics
    /// When it is not in the mapping.
    #[must_use]
    pub fn byte(&self, offset: usize) -> &AtomicU8 {
        self.find(offset).unwrap_or_else(|| panic!("no byte at offset {offset} of {}", self.length))
    }

    /// The 64 bits at an offset that cannot be trusted: nothing if they are not wholly inside, or not aligned.
    #[must_use]
    pub fn find_long(&self, offset: usize) -> Option<&AtomicU64> {
        self.find(offset)
    }

    fn find<T: Word>(&self, offset: usize) -> Option<&T> {
        let end = offset.checked_add(size_of::<T>())?;
        if end > self.length.get() || !offset.is_multiple_of(align_of::<T>()) {
            return None;
        }
        // SAFETY: offset is below the length of this mapping, so the result is inside of it.
        let place = unsafe { self.start.byte_add(offset) }.cast::<T>();
        // SAFETY: the place is wholly inside the mapping and aligned (asked above; the start is a page's). The
        // mapping lives as long as the reference to self. Any bits are a valid word, and an atomic may change at any
        // time.
        Some(unsafe { place.as_ref() })
    }

    /// msync—Returns when everything stored until now is on the disk.
    ///
    /// # Errors
    /// `EIO` when the disk fails.
    ///
    /// See also: `msync(2)`
    pub fn write_to_disk(&self) -> Result<()> {
        // SAFETY: the range is exactly this mapping, which is alive.
        unsafe { msync(self.start, self.length.get(), MsFlags::MS_SYNC) }.context("write the mapping to disk")
    }

    /// mlock—Keeps its pages in memory until it is unmapped: no page fault and no swapping from now on.
    ///
    /// # Errors
    /// `ENOMEM` or `EPERM` beyond the limit `RLIMIT_MEMLOCK`.
    ///
    /// See also: `mlock(2)`
    pub fn lock_in_memory(&self) -> Result<()> {
        // SAFETY: the range is exactly this mapping, which is alive.
        unsafe { mlock(self.start, self.length.get()) }.context("lock the mapping in memory")
    }
}

/// Words that may change under our hands, and for which any bits are valid.
trait Word {}
impl Word for AtomicU8 {}
impl Word for AtomicU32 {}
impl Word for AtomicU64 {}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is exactly what mmap gave, and every reference into it has ended (they borrow self).
        let gone = unsafe { munmap(self.start, self.length.get()) };
        debug_assert!(gone.is_ok(), "munmap of our own mapping: {gone:?}");
    }
}
