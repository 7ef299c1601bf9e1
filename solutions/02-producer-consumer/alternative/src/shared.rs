//! Memory that parent and children share, because it was mapped before the fork. See `mmap(2)`, `MAP_SHARED`.

#![allow(unsafe_code, reason = "mmap(2), munmap(2), and a value behind an address")]

use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::ptr::NonNull;

use nix::errno::Errno;
use nix::libc::c_void;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// What may lie in shared memory.
///
/// # Safety
/// All bytes zero is a value of it; it holds no address that another process would follow; whatever changes in it is
/// an atomic, or an object that libc or the kernel keep safe between processes; and a page is aligned enough for it.
pub(crate) unsafe trait Shareable {}

/// A value that all processes see which are forked from now on; at first all its bytes are zero.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    address: NonNull<c_void>,
    value: PhantomData<T>,
}

impl<T: Shareable> Shared<T> {
    /// Maps it.
    ///
    /// # Errors
    /// As mmap(2).
    pub(crate) fn zeroed() -> nix::Result<Self> {
        let length = NonZeroUsize::new(size_of::<T>()).ok_or(Errno::EINVAL)?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: without an address the kernel chooses one where nothing is.
        let address = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
        Ok(Self { address, value: PhantomData })
    }
}

impl<T: Shareable> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the mapping is as long as a T, begins at a page, and was zeroed by the kernel; that this is a T, and
        // may be changed by others meanwhile, is what `Shareable` promises. It lives as long as `self`.
        unsafe { self.address.cast().as_ref() }
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's, and no reference outlives it.
        let unmapped = unsafe { munmap(self.address, size_of::<T>()) };
        debug_assert!(unmapped.is_ok(), "the mapping was there");
    }
}
