//! Pages of memory that were asked for directly: private ones, which fork copies on write, and shared ones.

#![allow(unsafe_code, reason = "mmap(2), munmap(2), madvise(2), and slices of what they give")]

use anyhow::{Context, Result};
use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous, munmap};
use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::sync::atomic::AtomicI64;

/// A mapping for this process; its copy after fork still shows what was there at the fork.
#[derive(Debug)]
pub struct Private(Pages);

/// A mapping that parent and child have in common after fork: numbers, to be read and written as atomics.
#[derive(Debug)]
pub struct Shared(Pages);

#[derive(Debug)]
struct Pages {
    start: NonNull<c_void>,
    bytes: usize,
}

/// The size of a page in bytes.
///
/// # Errors
/// None in practice.
///
/// See also: `sysconf(3)`
pub fn page_size() -> Result<usize> {
    let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).context("ask for the page size")?;
    usize::try_from(size.context("there is a page size")?).context("the page size is positive")
}

impl Private {
    /// mmap—That many pages of zeros (MAP_PRIVATE), each on its own (no huge pages), so that they can be counted.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn new(pages: usize) -> Result<Self> {
        let pages = Pages::new(pages * page_size()?, MapFlags::MAP_PRIVATE)?;
        // SAFETY: the range is a whole mapping of ours, and this advice changes nothing that can be read from it.
        let advised = unsafe { madvise(pages.start, pages.bytes, MmapAdvise::MADV_NOHUGEPAGE) };
        // EINVAL: a kernel built without huge pages, so there are none.
        match advised {
            Ok(()) | Err(nix::errno::Errno::EINVAL) => Ok(Self(pages)),
            Err(reason) => Err(reason).context("ask for small pages"),
        }
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is readable, that long, private to this process, and lives as long as `self`.
        unsafe { std::slice::from_raw_parts(self.0.start.cast().as_ptr(), self.0.bytes) }
    }

    /// The bytes, to be changed.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above; it is writable, and `&mut self` says that nobody else in this process looks at it.
        unsafe { std::slice::from_raw_parts_mut(self.0.start.cast().as_ptr(), self.0.bytes) }
    }

    /// Where it lies.
    #[must_use]
    pub fn address(&self) -> usize {
        self.0.start.addr().get()
    }
}

impl Shared {
    /// mmap—That many numbers, all 0 (MAP_SHARED).
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn new(numbers: usize) -> Result<Self> {
        Pages::new(numbers * size_of::<AtomicI64>(), MapFlags::MAP_SHARED).map(Self)
    }

    /// The numbers.
    #[must_use]
    pub fn numbers(&self) -> &[AtomicI64] {
        let length = self.0.bytes / size_of::<AtomicI64>();
        // SAFETY: the mapping is aligned to a page and zeroed, that long, and lives as long as `self`. Other
        // processes change it only through this function, that is, by atomic operations.
        unsafe { std::slice::from_raw_parts(self.0.start.cast().as_ptr(), length) }
    }
}

impl Pages {
    fn new(bytes: usize, flags: MapFlags) -> Result<Self> {
        let length = NonZeroUsize::new(bytes).context("a mapping has at least one byte")?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: no address is given, so the kernel chooses one where nothing lies.
        let start = unsafe { mmap_anonymous(None, length, access, flags) }.context("map memory")?;
        Ok(Self { start, bytes })
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: it is a whole mapping, made by `new`; slices of it borrow from `self` and are gone.
        unsafe { munmap(self.start, self.bytes) }.expect("a mapping can be removed");
    }
}
