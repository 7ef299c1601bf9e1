//! What the processes of `run` share beside the pipe: the places of the buffer, and the number of printed lines.
//!
//! | K | at the start | the producer | the consumer, when it has printed |
//! |---|---|---|---|
//! | none | | puts | |
//! | 1 or more | K places for all | takes one, then puts | gives one back |
//! | 0 | no answer, for each producer | puts, then takes its answer | answers the producer of the record |

#![allow(unsafe_code, reason = "says what may lie in shared memory")]

use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::Failure;
use crate::semaphore::Semaphore;
use crate::shared::{Shareable, Shared};

/// The most producers.
const PRODUCERS: usize = 64;

/// The part that is shared.
struct Counts {
    printed: AtomicU64,
    places: Semaphore,
    answers: [Semaphore; PRODUCERS],
}

// SAFETY: it is made of an atomic and of semaphores, all of which may lie there.
unsafe impl Shareable for Counts {}

/// The counts, and what they are used for.
pub(crate) struct Board {
    capacity: Option<u8>,
    counts: Shared<Counts>,
}

impl Board {
    /// For a buffer with so many places; `None`: as many as the pipe has.
    ///
    /// # Errors
    /// As mmap(2) and sem_init(3).
    pub(crate) fn new(capacity: Option<u8>) -> Result<Self, Failure> {
        let counts = Shared::<Counts>::zeroed().map_err(Failure::on("mmap"))?;
        counts.places.set(capacity.unwrap_or(0)).map_err(Failure::on("sem_init"))?;
        for answer in &counts.answers {
            answer.set(0).map_err(Failure::on("sem_init"))?;
        }
        Ok(Self { capacity, counts })
    }

    /// A producer waits for a place.
    ///
    /// # Errors
    /// As sem_wait(3).
    pub(crate) fn before_put(&self) -> nix::Result<()> {
        match self.capacity {
            None | Some(0) => Ok(()),
            Some(_) => self.counts.places.wait(),
        }
    }

    /// A producer has its record in the pipe: when this returns, the put is done.
    ///
    /// # Errors
    /// As sem_wait(3).
    pub(crate) fn after_put(&self, producer: u16) -> nix::Result<()> {
        match self.capacity {
            Some(0) => self.answer(producer).map_or(Ok(()), Semaphore::wait),
            _ => Ok(()),
        }
    }

    /// A consumer has printed a record of this producer.
    ///
    /// # Errors
    /// As sem_post(3).
    pub(crate) fn has_printed(&self, producer: u16) -> nix::Result<()> {
        self.counts.printed.fetch_add(1, Ordering::Relaxed);
        match self.capacity {
            None => Ok(()),
            Some(0) => self.answer(producer).map_or(Ok(()), Semaphore::post),
            Some(_) => self.counts.places.post(),
        }
    }

    /// How many lines were printed so far.
    pub(crate) fn printed(&self) -> u64 {
        self.counts.printed.load(Ordering::Relaxed)
    }

    fn answer(&self, producer: u16) -> Option<&Semaphore> {
        self.counts.answers.get(usize::from(producer))
    }
}
