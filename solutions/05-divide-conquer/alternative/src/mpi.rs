//! The library `mpi`: a world of ranks that send each other messages.
//!
//! `mpirun` starts the ranks and tells each by its environment who it is:
//!
//! | variable | |
//! |---|---|
//! | `IPCLAB_RANK` | its rank, from 0 |
//! | `IPCLAB_SIZE` | how many ranks there are |
//! | `IPCLAB_ADDR` | how it reaches the others: what stands in it is between your `mpirun` and this library |
//! | `IPCLAB_TRACE` | a file for the trace; often not there |
//!
//! Without `IPCLAB_RANK` the world is one rank, 0 of 1.

use std::env;
use std::sync::Arc;

use crate::failure::Failure;
use crate::mailbox::{self, HEADER, Mailbox};
use crate::trace::{Direction, Trace};
use crate::wire::{self, Wire};

/// Tells messages apart. From 0 on: those of the caller. Below 0: those of the collectives.
pub type Tag = i32;

/// A message that has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its sender.
    pub from: usize,
    /// Its tag.
    pub tag: Tag,
    /// What it says.
    pub bytes: Vec<u8>,
}

/// The ranks, as one of them sees them.
#[derive(Debug)]
pub struct World {
    rank: usize,
    size: usize,
    /// What has come; a thread fills it.
    mailbox: Arc<Mailbox>,
    outboxes: Vec<Option<std::os::fd::OwnedFd>>,
    /// No packet is longer.
    packet: usize,
    trace: Trace,
    /// How many collectives were called: each has a tag of its own.
    pub(crate) collectives: u32,
}

impl World {
    /// The world that the environment describes.
    ///
    /// # Errors
    /// When the environment describes none.
    pub fn from_environment() -> Result<World, Failure> {
        let trace = Trace::open(env::var_os("IPCLAB_TRACE"))?;
        let alone = World {
            rank: 0,
            size: 1,
            mailbox: Arc::default(),
            outboxes: vec![None],
            packet: HEADER,
            trace,
            collectives: 0,
        };
        if env::var_os("IPCLAB_RANK").is_none() {
            return Ok(alone);
        }
        let (rank, size) = (number("IPCLAB_RANK")?, number("IPCLAB_SIZE")?);
        if rank >= size {
            return Err(Failure::new("IPCLAB_RANK", format!("not below {size}")));
        }
        let address =
            env::var("IPCLAB_ADDR").map_err(|error| Failure::new("IPCLAB_ADDR", error.to_string()))?;
        let wire = Wire::claim(&address, rank, size)?;
        let mailbox = if size > 1 { Mailbox::open(wire.inbox, size, wire.packet)? } else { Arc::default() };
        Ok(World { rank, size, mailbox, outboxes: wire.outboxes, packet: wire.packet, ..alone })
    }

    /// Which rank this is, from 0.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// How many ranks there are.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Sends a message. It may return before the message is received, and it returns although the receiver is
    /// sending, too. A message to a rank that has ended is lost.
    ///
    /// # Errors
    /// There is no rank `to`; the tag is negative; a system call failed.
    pub fn send(&mut self, to: usize, tag: Tag, bytes: &[u8]) -> Result<(), Failure> {
        not_negative(tag)?;
        self.post(to, tag, bytes)
    }

    /// Waits for a message from this rank with this tag, and gives it; of several the one that was sent first.
    /// `None` is any rank, or any tag from 0 on.
    ///
    /// # Errors
    /// There is no such rank; the tag is negative; a system call failed.
    pub fn receive(&mut self, from: Option<usize>, tag: Option<Tag>) -> Result<Message, Failure> {
        tag.map_or(Ok(()), not_negative)?;
        from.map_or(Ok(()), |from| self.check(from))?;
        self.accept(|message| {
            from.is_none_or(|from| message.from == from)
                && tag.map_or(message.tag >= 0, |tag| message.tag == tag)
        })
    }

    /// Ends this rank, and so all ranks, with this status.
    #[expect(clippy::disallowed_methods, reason = "the rank is to end here, whatever it holds")]
    pub fn abort(&self, status: u8) -> ! {
        std::process::exit(status.into())
    }

    /// Sends a message with any tag.
    pub(crate) fn post(&mut self, to: usize, tag: Tag, bytes: &[u8]) -> Result<(), Failure> {
        self.check(to)?;
        self.trace.note(Direction::Send, self.rank, to, tag, bytes.len())?;
        let Some(outbox) = &self.outboxes[to] else {
            self.mailbox.put(Message { from: self.rank, tag, bytes: bytes.to_vec() });
            return Ok(());
        };
        let header = mailbox::header(self.rank, tag, bytes.len());
        let mut rest = bytes;
        loop {
            let (piece, later) = rest.split_at(rest.len().min(self.packet - HEADER));
            let put = wire::put(outbox, &[&header[..], piece].concat());
            let has_reader = put.map_err(|errno| Failure::system(format!("rank {to}"), errno))?;
            if later.is_empty() || !has_reader {
                return Ok(());
            }
            rest = later;
        }
    }

    /// Waits for the message of a collective.
    pub(crate) fn expect(&mut self, from: usize, tag: Tag) -> Result<Vec<u8>, Failure> {
        self.accept(|message| message.from == from && message.tag == tag).map(|message| message.bytes)
    }

    fn accept(&mut self, fits: impl Fn(&Message) -> bool) -> Result<Message, Failure> {
        let message = self.mailbox.take(fits)?;
        self.trace.note(Direction::Receive, message.from, self.rank, message.tag, message.bytes.len())?;
        Ok(message)
    }

    /// Whether there is such a rank.
    pub(crate) fn check(&self, rank: usize) -> Result<(), Failure> {
        if rank < self.size { Ok(()) } else { Err(Failure::new(format!("rank {rank}"), "no such rank")) }
    }
}

fn not_negative(tag: Tag) -> Result<(), Failure> {
    if tag >= 0 { Ok(()) } else { Err(Failure::new(format!("tag {tag}"), "belongs to the collectives")) }
}

fn number(name: &str) -> Result<usize, Failure> {
    let value = env::var(name).ok().and_then(|value| value.parse().ok());
    value.ok_or_else(|| Failure::new(name, "not a number"))
}
