//! A part of a file in memory, which somebody else may change or cut at any time. mmap(2), by hand.
//!
//! Nobody gets a slice of it: bytes that change under a slice are undefined behaviour. All access goes by relaxed
//! atomics, also that of whole texts.
#![allow(unsafe_code, reason = "mmap(2), and atomics in what it gives")]

use std::fs::File;
use std::os::fd::AsRawFd;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

use nix::errno::Errno;

use crate::truncated;

/// The bytes that are copied in one step.
const STEP: usize = 8;

/// A shared mapping from the beginning of a file.
#[derive(Debug)]
pub(crate) struct Mapping {
    begin: NonNull<u8>,
    len: usize,
}

// SAFETY: the memory is reached by atomics only, and is mapped until the last owner is dropped.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `len` bytes, for reading, or for reading and writing. That the file may be cut is taken care of.
    ///
    /// # Errors
    /// Those of mmap(2).
    pub(crate) fn new(file: &File, len: u64, writable: bool) -> nix::Result<Mapping> {
        let len = usize::try_from(len).map_err(|_| Errno::ENOMEM)?;
        let access = if writable { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
        // SAFETY: the kernel chooses a place that is free.
        let at = unsafe { libc::mmap(null_mut(), len, access, libc::MAP_SHARED, file.as_raw_fd(), 0) };
        if at == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        let begin = NonNull::new(at.cast()).ok_or(Errno::ENOMEM)?;
        let mapping = Mapping { begin, len };
        truncated::guard(mapping.address(), len)?;
        Ok(mapping)
    }

    /// Where it begins, in this process.
    pub(crate) fn address(&self) -> usize {
        self.begin.as_ptr() as usize
    }

    /// The word of 32 bits at this offset.
    pub(crate) fn word(&self, offset: usize) -> &AtomicU32 {
        let at = self.at(offset, 4).cast();
        // SAFETY: `at` has proved that it lies inside and is aligned; it lives as long as `self`.
        unsafe { AtomicU32::from_ptr(at) }
    }

    /// The word of 64 bits at this offset.
    pub(crate) fn wide(&self, offset: usize) -> &AtomicU64 {
        let at = self.at(offset, 8).cast();
        // SAFETY: as in `word`.
        unsafe { AtomicU64::from_ptr(at) }
    }

    fn byte(&self, offset: usize) -> &AtomicU8 {
        let at = self.at(offset, 1);
        // SAFETY: as in `word`.
        unsafe { AtomicU8::from_ptr(at) }
    }

    /// Copies bytes to this offset, a multiple of 8.
    pub(crate) fn copy_in(&self, offset: usize, bytes: &[u8]) {
        let (wholes, rest) = bytes.as_chunks::<STEP>();
        let rest_at = offset + wholes.len() * STEP;
        for (at, whole) in (offset..).step_by(STEP).zip(wholes) {
            self.wide(at).store(u64::from_ne_bytes(*whole), Ordering::Relaxed);
        }
        for (at, byte) in (rest_at..).zip(rest) {
            self.byte(at).store(*byte, Ordering::Relaxed);
        }
    }

    /// Copies bytes out from this offset, a multiple of 8. Each is read once.
    pub(crate) fn copy_out(&self, offset: usize, into: &mut [u8]) {
        let (wholes, rest) = into.as_chunks_mut::<STEP>();
        let rest_at = offset + wholes.len() * STEP;
        for (at, whole) in (offset..).step_by(STEP).zip(wholes) {
            *whole = self.wide(at).load(Ordering::Relaxed).to_ne_bytes();
        }
        for (at, byte) in (rest_at..).zip(rest) {
            *byte = self.byte(at).load(Ordering::Relaxed);
        }
    }

    /// mlock(2) of all of it.
    ///
    /// # Errors
    /// Those of mlock(2).
    pub(crate) fn keep_in_memory(&self) -> nix::Result<()> {
        // SAFETY: the whole mapping is ours.
        Errno::result(unsafe { libc::mlock(self.begin.as_ptr().cast(), self.len) }).map(drop)
    }

    /// The place of `size` bytes at an offset. A wrong offset would be a bug of ours, and must not become a wild
    /// pointer.
    fn at(&self, offset: usize, size: usize) -> *mut u8 {
        let inside = offset.checked_add(size).is_some_and(|end| end <= self.len);
        assert!(inside && offset.is_multiple_of(size), "offset {offset} of a mapping of {}", self.len);
        // SAFETY: it lies inside, as was just looked at.
        unsafe { self.begin.as_ptr().add(offset) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        truncated::forget(self.address());
        // SAFETY: nobody borrows from it any more. It cannot fail for a mapping that is there.
        unsafe { libc::munmap(self.begin.as_ptr().cast(), self.len) };
    }
}
