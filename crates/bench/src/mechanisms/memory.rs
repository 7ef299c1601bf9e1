//! Shared memory, and one slot in it with eventfds that tell whether it is full.

#![allow(unsafe_code, reason = "memory that another process writes")]

use std::fs::File;
use std::path::Path;
use std::sync::atomic::AtomicU32;

use anyhow::Context as _;
use memmap2::MmapRaw;
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::memfd::{MFdFlags, memfd_create};

use super::channel::{Channel, Mechanism};

pub(super) const EVENTFD: Mechanism = Mechanism { name: "eventfd + memory", largest: 1 << 20, make: slot };

/// Counters stand at the beginning, each with two cache lines to itself; then come the slots.
pub(super) const LINE: usize = 128;
pub(super) const SLOTS_AT: usize = 4 * LINE;

/// Memory without a name; both sides of a fork have it.
pub(super) struct Memory(MmapRaw);

impl Memory {
    pub(super) fn new(size: usize) -> anyhow::Result<Self> {
        let file = memfd_create("ipc-bench", MFdFlags::MFD_CLOEXEC).context("make memory without a name")?;
        let file = File::from(file);
        file.set_len(size as u64).context("size the memory")?;
        MmapRaw::map_raw(&file).context("map the memory").map(Self)
    }

    /// Where a pair of cache lines before the slots begins.
    pub(super) fn line(&self, line: usize) -> *mut u8 {
        assert!(line * LINE < SLOTS_AT, "one of the counters");
        self.0.as_mut_ptr().wrapping_add(line * LINE)
    }

    /// The word at the beginning of a pair of cache lines.
    pub(super) fn word(&self, line: usize) -> &AtomicU32 {
        let at = self.line(line).cast::<u32>();
        // SAFETY: it is inside of the mapping and aligned, lives as long as `self`, and nobody accesses it in another way.
        unsafe { AtomicU32::from_ptr(at) }
    }

    pub(super) fn put(&self, at: usize, bytes: &[u8]) {
        assert!(at >= SLOTS_AT && at + bytes.len() <= self.0.len(), "inside of the slots");
        let to = self.0.as_mut_ptr().wrapping_add(at);
        // SAFETY: checked above; the counters, the eventfds or the semaphores give a slot to one side at a time.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    pub(super) fn get(&self, at: usize, bytes: &mut [u8]) {
        assert!(at >= SLOTS_AT && at + bytes.len() <= self.0.len(), "inside of the slots");
        let from = self.0.as_ptr().wrapping_add(at);
        // SAFETY: as in `put`.
        unsafe { bytes.as_mut_ptr().copy_from_nonoverlapping(from, bytes.len()) };
    }
}

/// One slot; one eventfd says that it is full, the other one that it is free.
struct Slot {
    memory: Memory,
    full: EventFd,
    free: EventFd,
}

impl Channel for Slot {
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()> {
        self.free.read().context("wait until the slot is free")?;
        self.memory.put(SLOTS_AT, message);
        self.full.write(1).context("say that the slot is full").map(drop)
    }

    fn receive(&mut self, message: &mut [u8]) -> anyhow::Result<()> {
        self.full.read().context("wait until the slot is full")?;
        self.memory.get(SLOTS_AT, message);
        self.free.write(1).context("say that the slot is free").map(drop)
    }
}

fn slot(size: usize, _: &Path) -> anyhow::Result<Box<dyn Channel>> {
    let event =
        |value| EventFd::from_value_and_flags(value, EfdFlags::EFD_CLOEXEC).context("make an eventfd");
    Ok(Box::new(Slot { memory: Memory::new(SLOTS_AT + size)?, full: event(0)?, free: event(1)? }))
}
