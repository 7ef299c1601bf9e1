//! A barrier in shared memory, for processes: `pthread_barrier_t` with the attribute "process shared".
//!
//! No message is sent and no boss is asked. Whoever comes too early sleeps in the kernel (futex) until the last comes.

#![allow(unsafe_code, reason = "pthread_barrier_init(3) and its family, in memory from mmap(2)")]

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::ptr::NonNull;

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};

/// Made before fork, used by parent and children. The page is given back when the last process has ended: a barrier
/// may be destroyed only when nobody waits there any more, and only the kernel knows that here.
#[derive(Debug)]
pub struct SharedBarrier(NonNull<UnsafeCell<libc::pthread_barrier_t>>);

impl SharedBarrier {
    /// pthread_barrier_init—A barrier for that many processes.
    ///
    /// # Errors
    /// `EINVAL` for 0 processes.
    pub fn new(processes: u32) -> Result<Self> {
        let length = NonZeroUsize::new(size_of::<libc::pthread_barrier_t>()).context("it has a size")?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: no address is given, so the kernel chooses one where nothing lies.
        let page =
            unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }.context("map a page")?;
        let barrier: NonNull<UnsafeCell<libc::pthread_barrier_t>> = page.cast();
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the pointer is to memory of that type, which this call initialises.
        check(unsafe { libc::pthread_barrierattr_init(attributes.as_mut_ptr()) })?;
        let shared = libc::PTHREAD_PROCESS_SHARED;
        // SAFETY: the attributes were initialised above.
        check(unsafe { libc::pthread_barrierattr_setpshared(attributes.as_mut_ptr(), shared) })?;
        let place = barrier.as_ptr().cast();
        // SAFETY: the page is zeroed, aligned, large enough and never unmapped; nobody uses the barrier yet.
        check(unsafe { libc::pthread_barrier_init(place, attributes.as_ptr(), processes) })?;
        Ok(Self(barrier))
    }

    /// pthread_barrier_wait—Waits until all have come. True for exactly one of them, whichever.
    ///
    /// # Errors
    /// None in practice.
    pub fn wait(&self) -> Result<bool> {
        // SAFETY: `new` initialised it, and it is never destroyed.
        match unsafe { libc::pthread_barrier_wait(self.0.as_ptr().cast()) } {
            0 => Ok(false),
            libc::PTHREAD_BARRIER_SERIAL_THREAD => Ok(true),
            code => bail!("wait at the barrier: {}", Errno::from_raw(code)),
        }
    }
}

fn check(code: libc::c_int) -> Result<()> {
    if code == 0 { Ok(()) } else { Err(Errno::from_raw(code)).context("make a barrier") }
}
