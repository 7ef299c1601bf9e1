//! What all processes of filed know of each other: counters in memory that fork does not copy. See `mmap(2)`:
//! MAP_SHARED.
//!
//! The mapping must be shared: `memmap2::MmapMut::map_anon` makes a private one, and after fork each process would
//! count for itself, without an error.

#![allow(unsafe_code, reason = "shared memory is bytes until somebody says what they are")]

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};

/// More connections than one machine gives processes to.
pub const SEATS: usize = 1 << 14;

#[derive(Debug)]
struct Counters {
    served: AtomicU64,
    seats: [Seat; SEATS],
}

/// One client.
#[derive(Debug)]
struct Seat {
    is_taken: AtomicBool,
    /// The blocks of its BATCH that have not begun.
    queued: AtomicUsize,
}

/// The counters of STAT, the same in all processes.
#[derive(Debug)]
pub struct Board(&'static Counters);

impl Board {
    /// Nobody is there, and nothing is served.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn new() -> nix::Result<Self> {
        const LENGTH: NonZeroUsize = NonZeroUsize::new(size_of::<Counters>()).unwrap();
        let (access, flags) = (ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, MapFlags::MAP_SHARED);
        // SAFETY: the kernel chooses a free place for the mapping, so it covers nothing of this program.
        let start = unsafe { mmap_anonymous(None, LENGTH, access, flags) }?;
        // SAFETY: the mapping is as long as the type, page aligned, and never unmapped; zeros are valid atomics;
        // nobody, in any process, ever reaches it but through `&Counters`.
        Ok(Self(unsafe { start.cast::<Counters>().as_ref() }))
    }

    /// The connections that are accepted and not yet closed.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.0.seats.iter().filter(|seat| seat.is_taken.load(Ordering::SeqCst)).count()
    }

    /// The blocks of all BATCHes under way that have not begun.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.0.seats.iter().map(|seat| seat.queued.load(Ordering::SeqCst)).sum()
    }

    /// The blocks sent so far.
    #[must_use]
    pub fn served(&self) -> u64 {
        self.0.served.load(Ordering::SeqCst)
    }

    /// The body of the answer to STAT.
    #[must_use]
    pub fn stat(&self) -> String {
        format!("clients={} served={} queued={}", self.clients(), self.served(), self.queued())
    }

    /// One block more. To be called before its last byte is sent: whoever has that byte finds the block counted.
    pub fn count(&self) {
        self.0.served.fetch_add(1, Ordering::SeqCst);
    }

    /// The last byte could not be sent.
    pub fn uncount(&self) {
        self.0.served.fetch_sub(1, Ordering::SeqCst);
    }

    /// A client has come.
    pub fn sit_down(&self, seat: usize) {
        self.0.seats[seat].is_taken.store(true, Ordering::SeqCst);
    }

    /// The client has gone, and what was queued for it.
    pub fn leave(&self, seat: usize) {
        self.0.seats[seat].queued.store(0, Ordering::SeqCst);
        self.0.seats[seat].is_taken.store(false, Ordering::SeqCst);
    }

    /// The first block of a BATCH begins, and so many are left.
    pub fn queue(&self, seat: usize, blocks: usize) {
        self.0.seats[seat].queued.store(blocks, Ordering::SeqCst);
    }

    /// The next block begins; false if it may not, because of an ABORT.
    #[must_use]
    pub fn begin_queued(&self, seat: usize) -> bool {
        let queued = &self.0.seats[seat].queued;
        queued.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |blocks| blocks.checked_sub(1)).is_ok()
    }

    /// ABORT: when this returns, none of the blocks that were queued begins.
    pub fn abort(&self) {
        for seat in &self.0.seats {
            seat.queued.store(0, Ordering::SeqCst);
        }
    }
}
