//! Slots in shared memory between two semaphores, as textbooks have it: one counts what is full, the other what is free.

#![allow(unsafe_code, reason = "a semaphore in memory that two processes share has no safe wrapper")]

use std::path::Path;

use anyhow::Context as _;
use nix::errno::Errno;
use nix::libc;

use super::channel::{Channel, Mechanism};
use super::memory::{LINE, Memory, SLOTS_AT};

pub(super) const SEMAPHORES: Mechanism = Mechanism { name: "sem_t + memory", largest: 1 << 20, make: slots };

const SLOTS: usize = 16;
/// Lines of the two semaphores.
const FULL: usize = 0;
const FREE: usize = 1;

/// One direction, and how many messages this side has moved.
struct Slots {
    memory: Memory,
    size: usize,
    done: usize,
}

impl Channel for Slots {
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()> {
        self.wait(FREE).context("wait for a free slot")?;
        self.memory.put(self.place(), message);
        self.done += 1;
        self.post(FULL).context("say that a slot is full")
    }

    fn receive(&mut self, message: &mut [u8]) -> anyhow::Result<()> {
        self.wait(FULL).context("wait for a full slot")?;
        self.memory.get(self.place(), message);
        self.done += 1;
        self.post(FREE).context("say that a slot is free")
    }
}

impl Slots {
    fn place(&self) -> usize {
        SLOTS_AT + self.done % SLOTS * self.size
    }

    fn semaphore(&self, line: usize) -> *mut libc::sem_t {
        const { assert!(size_of::<libc::sem_t>() <= LINE, "a semaphore fits into two cache lines") };
        self.memory.line(line).cast()
    }

    fn wait(&self, line: usize) -> nix::Result<()> {
        loop {
            // SAFETY: `slots` has made the semaphore there, in memory that lives as long as `self`.
            let done = unsafe { libc::sem_wait(self.semaphore(line)) };
            match Errno::result(done) {
                Err(Errno::EINTR) => {}
                other => return other.map(drop),
            }
        }
    }

    fn post(&self, line: usize) -> nix::Result<()> {
        // SAFETY: as in `wait`.
        Errno::result(unsafe { libc::sem_post(self.semaphore(line)) }).map(drop)
    }
}

fn slots(size: usize, _: &Path) -> anyhow::Result<Box<dyn Channel>> {
    let slots = Slots { memory: Memory::new(SLOTS_AT + SLOTS * size)?, size, done: 0 };
    for (line, count) in [(FULL, 0), (FREE, SLOTS as libc::c_uint)] {
        // SAFETY: the place is inside of the mapping and aligned; nobody else has it yet. 1: processes share it.
        let made = unsafe { libc::sem_init(slots.semaphore(line), 1, count) };
        Errno::result(made).context("make a semaphore")?;
    }
    Ok(Box::new(slots))
}
