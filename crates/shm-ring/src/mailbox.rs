//! A mailbox with one slot: what a pipe does, built by hand, for one writer and one reader.
//!
//! A pipe stops the reader when empty and the writer when full, gives the reader an end and the writer an error when
//! the other side is gone. Shared memory does none of it. Here all of it is in one word, of which each change wakes
//! the other:
//!
//! ```text
//!     offset 0  state: bit 0 full, bit 1 the writer has closed, bit 2 the reader has closed     (the futex)
//!     offset 8  the letter
//! ```
//!
//! Two prices are paid. Each letter costs a system call, FUTEX_WAKE, even if nobody sleeps. And a side that is killed
//! does not close: the other waits for ever.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use anyhow::{Context, Result};
use nix::errno::Errno;

use crate::futex::{self, Scope};
use crate::map::Mapping;

const FULL: u32 = 1;
const WRITER_CLOSED: u32 = 2;
const READER_CLOSED: u32 = 4;

/// How many bytes a mailbox takes.
pub const LENGTH: usize = 16;

/// What became of a letter that was to be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is in the slot.
    Done,
    /// The slot is full: later, perhaps.
    WouldWait,
    /// The reader has closed: never. A pipe says EPIPE.
    NoReader,
}

/// What was found in the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// This letter.
    Letter(u64),
    /// Nothing yet.
    WouldWait,
    /// Nothing, and the writer has closed. From a pipe, a read gives 0 bytes.
    End,
}

/// A mailbox in shared memory; memory that is all zero is an empty one.
#[derive(Debug)]
pub struct Mailbox<'m> {
    state: &'m AtomicU32,
    letter: &'m AtomicU64,
}

impl<'m> Mailbox<'m> {
    /// The mailbox at the beginning of this memory.
    ///
    /// # Panics
    /// When the memory is shorter than [`LENGTH`].
    #[must_use]
    pub fn at(memory: &'m Mapping) -> Self {
        Self { state: memory.word(0), letter: memory.long(8) }
    }

    /// Puts a letter if it can be done now.
    ///
    /// # Errors
    /// When futex fails.
    pub fn try_put(&self, letter: u64) -> Result<Put> {
        self.put_if(self.look(), letter)
    }

    /// Puts a letter; sleeps while the slot is full.
    ///
    /// # Errors
    /// When futex fails.
    pub fn put(&self, letter: u64) -> Result<Put> {
        loop {
            let seen = self.look();
            match self.put_if(seen, letter)? {
                Put::WouldWait => self.sleep(seen)?,
                done => return Ok(done),
            }
        }
    }

    fn put_if(&self, seen: u32, letter: u64) -> Result<Put> {
        if seen & READER_CLOSED != 0 {
            return Ok(Put::NoReader);
        }
        if seen & FULL != 0 {
            return Ok(Put::WouldWait);
        }
        self.letter.store(letter, Ordering::Relaxed);
        // Release: whoever sees the slot full (Acquire in `look`) sees the letter.
        self.state.fetch_or(FULL, Ordering::Release);
        self.wake().map(|()| Put::Done)
    }

    /// Takes the letter if there is one now.
    ///
    /// # Errors
    /// When futex fails.
    pub fn try_take(&self) -> Result<Take> {
        self.take_if(self.look())
    }

    /// Takes a letter; sleeps while there is none.
    ///
    /// # Errors
    /// When futex fails.
    pub fn take(&self) -> Result<Take> {
        loop {
            let seen = self.look();
            match self.take_if(seen)? {
                Take::WouldWait => self.sleep(seen)?,
                done => return Ok(done),
            }
        }
    }

    fn take_if(&self, seen: u32) -> Result<Take> {
        if seen & FULL == 0 {
            return Ok(if seen & WRITER_CLOSED == 0 { Take::WouldWait } else { Take::End });
        }
        let letter = self.letter.load(Ordering::Relaxed);
        // Release: whoever sees the slot empty (Acquire in `look`) writes only after this has been read.
        self.state.fetch_and(!FULL, Ordering::Release);
        self.wake().map(|()| Take::Letter(letter))
    }

    /// No more letters: after the last one the reader finds the end.
    ///
    /// # Errors
    /// When futex fails.
    pub fn close_writing(&self) -> Result<()> {
        self.state.fetch_or(WRITER_CLOSED, Ordering::Release);
        self.wake()
    }

    /// Nobody will take a letter any more: the writer is told so.
    ///
    /// # Errors
    /// When futex fails.
    pub fn close_reading(&self) -> Result<()> {
        self.state.fetch_or(READER_CLOSED, Ordering::Release);
        self.wake()
    }

    fn look(&self) -> u32 {
        // Acquire: meets each Release above, by which the other side says what it has done.
        self.state.load(Ordering::Acquire)
    }

    /// Everything that anybody waits for changes the state. So who sleeps only while it is `seen` misses nothing.
    fn sleep(&self, seen: u32) -> Result<()> {
        match futex::wait(self.state, seen, Scope::Shared) {
            Ok(()) | Err(Errno::EAGAIN | Errno::EINTR) => Ok(()),
            Err(error) => Err(error).context("sleep until the mailbox changes"),
        }
    }

    fn wake(&self) -> Result<()> {
        futex::wake(self.state, 1, Scope::Shared).context("wake the other side").map(drop)
    }
}
