//! Shared memory, with two ways to tell that something is there: eventfds, and a futex in the memory itself.

#![allow(unsafe_code, reason = "memory that another process writes, and futex(2), which has no safe wrapper")]

use std::fs::File;
use std::hint::spin_loop;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::thread;

use anyhow::Context as _;
use memmap2::MmapRaw;
use nix::libc;
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::memfd::{MFdFlags, memfd_create};

use super::channel::{Channel, Mechanism};

pub(super) const EVENTFD: Mechanism = Mechanism { name: "eventfd + memory", largest: 1 << 20, make: slot };
pub(super) const RING: Mechanism = Mechanism { name: "ring in memory", largest: 1 << 20, make: ring };

/// Counters stand at the beginning, each with two cache lines to itself; then come the slots.
pub(super) const LINE: usize = 128;
pub(super) const SLOTS_AT: usize = 4 * LINE;
/// Bytes of a ring's slots, as far as two slots fit.
const RING_BYTES: usize = 256 << 10;
/// Looks before others may run, and turns given to others before the sleep.
const SPINS: u32 = 50;
const YIELDS: u32 = 5;

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
    fn word(&self, line: usize) -> &AtomicU32 {
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

/// Slots of one size between two counters. Who finds nothing to do looks again, lets others run, then sleeps.
struct Ring {
    memory: Memory,
    slots: u32,
    size: usize,
    /// This side's own counter, and how far it knows the other side's: its line is asked for only when needed.
    own: u32,
    known: u32,
}

/// Lines of the counters and of the flags that say who sleeps on them.
const HEAD: usize = 0;
const TAIL: usize = 1;
const HEAD_SLEEPS: usize = 2;
const TAIL_SLEEPS: usize = 3;

impl Channel for Ring {
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()> {
        while self.own.wrapping_sub(self.known) == self.slots {
            self.known = self.changed(TAIL, TAIL_SLEEPS, self.known);
        }
        self.memory.put(self.place(), message);
        self.own = self.own.wrapping_add(1);
        self.publish(HEAD, HEAD_SLEEPS);
        Ok(())
    }

    fn receive(&mut self, message: &mut [u8]) -> anyhow::Result<()> {
        if self.known == self.own {
            self.known = self.changed(HEAD, HEAD_SLEEPS, self.known);
        }
        self.memory.get(self.place(), message);
        self.own = self.own.wrapping_add(1);
        self.publish(TAIL, TAIL_SLEEPS);
        Ok(())
    }
}

impl Ring {
    fn place(&self) -> usize {
        SLOTS_AT + (self.own % self.slots) as usize * self.size
    }

    fn publish(&self, counter: usize, flag: usize) {
        self.memory.word(counter).store(self.own, Ordering::Release);
        // Before the look at the flag; the sleeper has the same fence between its flag and its last look.
        fence(Ordering::SeqCst);
        let sleeps = self.memory.word(flag);
        if sleeps.load(Ordering::Relaxed) != 0 {
            sleeps.store(0, Ordering::Relaxed);
            futex(sleeps, libc::FUTEX_WAKE, 1);
        }
    }

    /// The other side's counter, when it is no longer `seen`.
    fn changed(&self, counter: usize, flag: usize, seen: u32) -> u32 {
        let (counter, sleeps) = (self.memory.word(counter), self.memory.word(flag));
        for look in 0_u32.. {
            let now = counter.load(Ordering::Acquire);
            if now != seen {
                return now;
            }
            match look {
                ..SPINS => spin_loop(),
                SPINS.. if look < SPINS + YIELDS => thread::yield_now(),
                _ => {
                    sleeps.store(1, Ordering::Relaxed);
                    fence(Ordering::SeqCst);
                    // It sleeps on the flag, not on the counter: the other side may have seen the flag of an earlier sleep,
                    // and take this one away before it has begun. Then the kernel finds no 1, and this side looks again.
                    if counter.load(Ordering::Relaxed) == seen {
                        futex(sleeps, libc::FUTEX_WAIT, 1);
                    }
                }
            }
        }
        seen
    }
}

/// Sleeps while the word has a value, or wakes so many. Why a sleep ended does not matter: the word is looked at.
fn futex(word: &AtomicU32, operation: i32, value: u32) {
    let no_limit = std::ptr::null::<libc::timespec>();
    // SAFETY: the word lives through the call, and there is no time limit to read.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, no_limit) };
}

fn ring(size: usize, _: &Path) -> anyhow::Result<Box<dyn Channel>> {
    let slots = u32::try_from((RING_BYTES / size).clamp(2, 1024)).unwrap_or(2).next_power_of_two();
    let memory = Memory::new(SLOTS_AT + slots as usize * size)?;
    Ok(Box::new(Ring { memory, slots, size, own: 0, known: 0 }))
}
