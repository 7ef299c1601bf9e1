//! How many records may be put and not yet printed: places as bytes in a pipe, against the stream of the records.
//!
//! | K | at the start | the producer | the consumer, when it has printed |
//! |---|---|---|---|
//! | none | | puts | |
//! | 1 or more | K bytes in one pipe, for all | takes a byte, then puts | gives a byte back |
//! | 0 | an empty pipe for each producer | puts, then takes a byte from its own pipe | gives a byte to the producer of the record |
//!
//! Who waits, waits in read(2).

use ipc_kit::{pipe, retry, write_all};
use nix::errno::Errno;
use nix::unistd::read;
use std::os::fd::OwnedFd;

/// The places of a buffer. Each process keeps the side that it uses.
#[derive(Debug)]
pub struct Places {
    // BEGIN SOLUTION
    kind: Kind,
    /// One for all producers, or one each; empty where there is no bound, and in consumers.
    take: Vec<OwnedFd>,
    /// The other ends; empty in producers.
    give: Vec<OwnedFd>,
    // END SOLUTION
}
// BEGIN SOLUTION

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Endless,
    Shared,
    Rendezvous,
}
// END SOLUTION

impl Places {
    /// A buffer with so many places, for so many producers.
    ///
    /// # Errors
    /// As pipe(2).
    pub fn new(capacity: Option<u8>, producers: u16) -> nix::Result<Self> {
        // BEGIN SOLUTION
        let (kind, pipes) = match capacity {
            None => (Kind::Endless, 0),
            Some(0) => (Kind::Rendezvous, producers),
            Some(_) => (Kind::Shared, 1),
        };
        let pipes = (0..pipes).map(|_| pipe()).collect::<nix::Result<Vec<_>>>()?;
        let (take, give): (Vec<_>, Vec<_>) = pipes.into_iter().unzip();
        if let (Kind::Shared, [give]) = (kind, give.as_slice()) {
            write_all(give, &vec![0; usize::from(capacity.unwrap_or(0))])?;
        }
        Ok(Self { kind, take, give })
        // END SOLUTION
        // STUB: todo!("M3: a pipe with one byte for each place; one without a bound; K = 0 (M8)")
    }

    /// In a producer: closes what is not its own.
    pub fn become_producer(&mut self, number: u16) {
        // BEGIN SOLUTION
        self.give.clear();
        if self.kind == Kind::Rendezvous {
            self.take = vec![self.take.swap_remove(number.into())];
        }
        // END SOLUTION
        // STUB: todo!("M3: close the ends that a producer does not use")
    }

    /// In a consumer: closes what is not its own.
    pub fn become_consumer(&mut self) {
        // BEGIN SOLUTION
        self.take.clear();
        // END SOLUTION
        // STUB: todo!("M3: close the ends that a consumer does not use")
    }

    /// In a producer, before it puts a record: waits for a place.
    ///
    /// # Errors
    /// As read(2); `EPIPE` if nobody is left who could give one.
    pub fn before_put(&self) -> nix::Result<()> {
        // BEGIN SOLUTION
        if self.kind == Kind::Shared { self.take_one() } else { Ok(()) }
        // END SOLUTION
        // STUB: todo!("M3: take a place")
    }

    /// In a producer, when the pipe has its record: the put is done when this returns.
    ///
    /// # Errors
    /// As read(2); `EPIPE` if nobody is left who could print it.
    pub fn after_put(&self) -> nix::Result<()> {
        // BEGIN SOLUTION
        if self.kind == Kind::Rendezvous { self.take_one() } else { Ok(()) }
        // END SOLUTION
        // STUB: todo!("M8: K = 0: wait until just this record has been printed")
    }

    /// In a consumer, when it has printed a record of this producer.
    ///
    /// # Errors
    /// As write(2).
    pub fn printed(&self, producer: u16) -> nix::Result<()> {
        // BEGIN SOLUTION
        let give = match self.kind {
            Kind::Endless => None,
            Kind::Shared => self.give.first(),
            Kind::Rendezvous => self.give.get(usize::from(producer)),
        };
        match give.map_or(Ok(()), |give| write_all(give, &[0])) {
            // No producer is left: nobody needs the place.
            Err(Errno::EPIPE) => Ok(()),
            other => other,
        }
        // END SOLUTION
        // STUB: todo!("M3: give the place back; K = 0: tell just this producer (M8)")
    }
    // BEGIN SOLUTION

    fn take_one(&self) -> nix::Result<()> {
        let Some(take) = self.take.first() else { return Ok(()) };
        match retry(|| read(take, &mut [0]))? {
            0 => Err(Errno::EPIPE),
            _ => Ok(()),
        }
    }
    // END SOLUTION
}
