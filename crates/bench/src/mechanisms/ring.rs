//! A ring in shared memory: two counters, slots between them, and a futex for whoever finds nothing to do. Nobody asks the kernel
//! while both sides are busy.
//!
//! Before somebody sleeps it says so, and looks once more; whoever has put or taken something looks whether somebody says so.
//! Each of the two must have its own store seen before its own look. There are two ways: a fence on both sides, paid with every
//! message; or none on the busy side, and on the sleeper's side membarrier(2), which makes all processors that run one of the two
//! pass a fence (asymmetric fence).

#![allow(unsafe_code, reason = "futex(2) and membarrier(2), which have no safe wrappers")]

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering, compiler_fence, fence};
use std::{io, thread};

use anyhow::Context as _;
use nix::libc;

use super::channel::{Channel, Mechanism};
use super::memory::{Memory, SLOTS_AT};

pub(super) const RING: Mechanism =
    Mechanism { name: "ring in memory", largest: 1 << 20, make: |size, _| ring(size, Fence::Both) };
pub(super) const MEMBARRIER: Mechanism =
    Mechanism { name: "ring + membarrier", largest: 1 << 20, make: |size, _| ring(size, Fence::Sleeper) };

/// Bytes of a ring's slots, as far as two slots fit.
const RING_BYTES: usize = 256 << 10;
/// Looks before others may run, and turns given to others before the sleep. With 5 turns one sleep led to the next: to wake
/// somebody takes longer, so the other side slept meanwhile, and so on; 6 to 13 µs a message between cores instead of 0.07.
const SPINS: u32 = 50;
const YIELDS: u32 = 20;

/// Who pays for the order of a store and a look.
#[derive(Clone, Copy)]
enum Fence {
    /// Each side, with every message.
    Both,
    /// Only who goes to sleep, for both.
    Sleeper,
}

impl Fence {
    /// Between the store of a counter and the look whether somebody sleeps.
    fn of_the_busy(self) {
        match self {
            Self::Both => fence(Ordering::SeqCst),
            // The processor's part comes from the sleeper.
            Self::Sleeper => compiler_fence(Ordering::SeqCst),
        }
    }

    /// Between the flag that says who sleeps and the last look at the counter.
    fn of_the_sleeper(self) {
        match self {
            Self::Both => fence(Ordering::SeqCst),
            Self::Sleeper => {
                // It cannot fail: `ring` has registered this process, and the child of its fork with it. If it did, a message
                // would be lost, and both sides would sleep.
                let result = membarrier(libc::MEMBARRIER_CMD_GLOBAL_EXPEDITED);
                assert!(result.is_ok(), "membarrier: {result:?}");
            }
        }
    }
}

/// Slots of one size between two counters. Who finds nothing to do looks again, lets others run, then sleeps.
struct Ring {
    memory: Memory,
    fence: Fence,
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
        self.fence.of_the_busy();
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
                    self.fence.of_the_sleeper();
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

fn membarrier(command: libc::c_int) -> io::Result<()> {
    // SAFETY: without flags the call has no third argument, and it changes no memory.
    match unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn ring(size: usize, fence: Fence) -> anyhow::Result<Box<dyn Channel>> {
    if let Fence::Sleeper = fence {
        // A fork hands it on.
        membarrier(libc::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED).context("register for membarrier")?;
    }
    let slots = u32::try_from((RING_BYTES / size).clamp(2, 1024)).unwrap_or(2).next_power_of_two();
    let memory = Memory::new(SLOTS_AT + slots as usize * size)?;
    Ok(Box::new(Ring { memory, fence, slots, size, own: 0, known: 0 }))
}
