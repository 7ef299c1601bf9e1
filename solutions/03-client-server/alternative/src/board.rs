//! What all processes of filed know of each other: counters in memory that fork does not copy. See `mmap(2)`:
//! MAP_SHARED.
//!
//! The memory is that of a memfd, because `memmap2::MmapMut::map_anon` makes a *private* mapping: after fork,
//! each process would count for itself.

#![allow(unsafe_code, reason = "shared memory is bytes until somebody says what they are")]

use std::fs::File;
use std::io;
use std::mem::size_of;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use memmap2::{MmapOptions, MmapRaw};
use nix::sys::memfd::{MFdFlags, memfd_create};

/// More connections than one machine gives processes to.
pub const SEATS: usize = 1 << 14;

#[repr(C)]
struct Counters {
    served: AtomicU64,
    seats: [Seat; SEATS],
}

/// One client.
#[repr(C)]
struct Seat {
    is_taken: AtomicBool,
    /// The blocks of its BATCH that have not begun.
    queued: AtomicUsize,
}

/// The counters of STAT, the same in all processes.
#[derive(Debug)]
pub struct Board(MmapRaw);

impl Board {
    /// Nobody is there, and nothing is served.
    ///
    /// # Errors
    /// If there is no memory or no descriptor.
    pub fn new() -> io::Result<Self> {
        let file = File::from(memfd_create(c"filed", MFdFlags::MFD_CLOEXEC)?);
        file.set_len(size_of::<Counters>() as u64)?;
        MmapOptions::new().map_raw(&file).map(Self)
    }

    fn counters(&self) -> &Counters {
        // SAFETY: the mapping is as long as the type and page aligned; zeros are valid atomics; nobody, in any
        // process, ever reaches it but through `&Counters`; and the file cannot shrink, as nobody has a
        // descriptor of it.
        unsafe { &*self.0.as_ptr().cast::<Counters>() }
    }

    /// The connections that are accepted and not yet closed.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.counters().seats.iter().filter(|seat| seat.is_taken.load(Ordering::SeqCst)).count()
    }

    /// The blocks of all BATCHes under way that have not begun.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.counters().seats.iter().map(|seat| seat.queued.load(Ordering::SeqCst)).sum()
    }

    /// The blocks sent so far.
    #[must_use]
    pub fn served(&self) -> u64 {
        self.counters().served.load(Ordering::SeqCst)
    }

    /// The body of the answer to STAT.
    #[must_use]
    pub fn stat(&self) -> String {
        format!("clients={} served={} queued={}", self.clients(), self.served(), self.queued())
    }

    /// One block more. To be called before its last byte is sent: whoever has that byte finds the block counted.
    pub fn count(&self) {
        self.counters().served.fetch_add(1, Ordering::SeqCst);
    }

    /// The last byte could not be sent.
    pub fn uncount(&self) {
        self.counters().served.fetch_sub(1, Ordering::SeqCst);
    }

    /// A client has come.
    pub fn sit_down(&self, seat: usize) {
        self.counters().seats[seat].is_taken.store(true, Ordering::SeqCst);
    }

    /// The client has gone, and what was queued for it.
    pub fn leave(&self, seat: usize) {
        self.counters().seats[seat].queued.store(0, Ordering::SeqCst);
        self.counters().seats[seat].is_taken.store(false, Ordering::SeqCst);
    }

    /// The first block of a BATCH begins, and so many are left.
    pub fn queue(&self, seat: usize, blocks: usize) {
        self.counters().seats[seat].queued.store(blocks, Ordering::SeqCst);
    }

    /// The next block begins; false if it may not, because of an ABORT.
    #[must_use]
    pub fn begin_queued(&self, seat: usize) -> bool {
        let queued = &self.counters().seats[seat].queued;
        queued.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |blocks| blocks.checked_sub(1)).is_ok()
    }

    /// ABORT: when this returns, none of the blocks that were queued begins.
    pub fn abort(&self) {
        for seat in &self.counters().seats {
            seat.queued.store(0, Ordering::SeqCst);
        }
    }
}
