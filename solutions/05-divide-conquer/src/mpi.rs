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
// BEGIN SOLUTION
//!
//! Each rank has one *inbox*, into which all others write. Messages travel in packets that the kernel keeps whole.
//! A sender that finds an inbox full empties its own meanwhile: so two that send to each other never wait for each
//! other.
// END SOLUTION

// BEGIN SOLUTION
use std::collections::VecDeque;
use std::env;

use crate::trace::{Direction, Trace};
use crate::wire::{Packet, Wire};
// END SOLUTION
use crate::failure::Failure;

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
    // BEGIN SOLUTION
    rank: usize,
    size: usize,
    wire: Option<Wire>,
    /// Messages that have come and that nobody has asked for yet, in the order of their coming.
    come: VecDeque<Message>,
    /// Of each rank the message of which not all packets have come.
    parts: Vec<Option<Message>>,
    trace: Trace,
    // END SOLUTION
}

impl World {
    /// The world that the environment describes.
    ///
    /// # Errors
    /// When the environment describes none.
    pub fn from_environment() -> Result<World, Failure> {
        // BEGIN SOLUTION
        let variable = |name: &str| env::var(name).ok();
        let wrong = |name: &str| Failure::new(name, "not set by mpirun");
        let number = |name: &str| variable(name).and_then(|text| text.parse::<usize>().ok());
        if variable("IPCLAB_RANK").is_none() {
            return Ok(World::new(0, 1, None, Trace::open(variable("IPCLAB_TRACE"))?));
        }
        let rank = number("IPCLAB_RANK").ok_or_else(|| wrong("IPCLAB_RANK"))?;
        let size = number("IPCLAB_SIZE").filter(|&size| rank < size).ok_or_else(|| wrong("IPCLAB_SIZE"))?;
        let address = variable("IPCLAB_ADDR").unwrap_or_default();
        let wire = Wire::open(&address, size).ok_or_else(|| wrong("IPCLAB_ADDR"))?;
        Ok(World::new(rank, size, Some(wire), Trace::open(variable("IPCLAB_TRACE"))?))
        // END SOLUTION
        // STUB: todo!("M4: find out who this rank is and how it reaches the others")
    }
    // BEGIN SOLUTION

    fn new(rank: usize, size: usize, wire: Option<Wire>, trace: Trace) -> World {
        let parts = (0..size).map(|_| None).collect();
        World { rank, size, wire, come: VecDeque::new(), parts, trace }
    }
    // END SOLUTION

    /// Which rank this is, from 0.
    pub fn rank(&self) -> usize {
        // BEGIN SOLUTION
        self.rank
        // END SOLUTION
        // STUB: todo!("M4: the rank")
    }

    /// How many ranks there are.
    pub fn size(&self) -> usize {
        // BEGIN SOLUTION
        self.size
        // END SOLUTION
        // STUB: todo!("M4: the number of ranks")
    }

    /// Sends a message. It may return before the message is received, and it returns although the receiver is
    /// sending, too. A message to a rank that has ended is lost.
    ///
    /// # Errors
    /// There is no rank `to`; a system call failed.
    pub fn send(&mut self, to: usize, tag: Tag, bytes: &[u8]) -> Result<(), Failure> {
        // BEGIN SOLUTION
        if to >= self.size {
            return Err(Failure::new("send", format!("there is no rank {to}")));
        }
        self.trace.note(Direction::Send, self.rank, to, tag, bytes.len())?;
        if to == self.rank {
            self.come.push_back(Message { from: to, tag, bytes: bytes.to_vec() });
            return Ok(());
        }
        let mut rest = Some(bytes);
        while let Some(bytes) = rest {
            let (piece, after) = bytes.split_at(bytes.len().min(self.wire()?.room()));
            rest = (!after.is_empty()).then_some(after);
            let packet = Packet { from: self.rank, tag, left: after.len(), bytes: piece.to_vec() };
            self.send_packet(to, &packet)?;
        }
        Ok(())
        // END SOLUTION
        // STUB: todo!("M4: send a message; if there is no room for it, take what comes meanwhile")
    }

    /// Waits for a message from this rank with this tag, and gives it; of several the one that was sent first.
    /// `None` is any rank, or any tag from 0 on.
    ///
    /// # Errors
    /// There is no such rank; a system call failed.
    pub fn receive(&mut self, from: Option<usize>, tag: Option<Tag>) -> Result<Message, Failure> {
        // BEGIN SOLUTION
        if let Some(from) = from.filter(|&from| from >= self.size) {
            return Err(Failure::new("receive", format!("there is no rank {from}")));
        }
        let fits = |message: &Message| {
            from.is_none_or(|from| from == message.from)
                && tag.map_or(message.tag >= 0, |tag| tag == message.tag)
        };
        loop {
            if let Some(message) = self.come.iter().position(fits).and_then(|at| self.come.remove(at)) {
                self.trace.note(
                    Direction::Receive,
                    message.from,
                    self.rank,
                    message.tag,
                    message.bytes.len(),
                )?;
                return Ok(message);
            }
            self.wire()?.wait(None).map_err(|errno| Failure::system("poll", errno))?;
            self.take_what_came()?;
        }
        // END SOLUTION
        // STUB: todo!("M4: wait for the first message that fits, and keep those that do not")
    }

    /// Ends this rank, and so all ranks, with this status.
    // BEGIN SOLUTION
    #[expect(clippy::disallowed_methods, reason = "the caller wants to end here, whatever it holds")]
    // END SOLUTION
    pub fn abort(&self, status: u8) -> ! {
        // BEGIN SOLUTION
        std::process::exit(status.into())
        // END SOLUTION
        // STUB: todo!("M7: end with this status; mpirun ends the others")
    }
    // BEGIN SOLUTION

    fn wire(&mut self) -> Result<&mut Wire, Failure> {
        // Alone in the world, and waiting for somebody: nobody will ever send.
        self.wire.as_mut().ok_or_else(|| Failure::new("receive", "there is no other rank"))
    }

    fn send_packet(&mut self, to: usize, packet: &Packet) -> Result<(), Failure> {
        let failed = |errno| Failure::system("send", errno);
        while !self.wire()?.try_send(to, packet).map_err(failed)? {
            // No room. Whoever reads there may be sending to us, and have no room, either.
            self.wire()?.wait(Some(to)).map_err(|errno| Failure::system("poll", errno))?;
            self.take_what_came()?;
        }
        Ok(())
    }

    /// Takes packets that are there.
    fn take_what_came(&mut self) -> Result<(), Failure> {
        for packet in self.wire()?.take().map_err(|errno| Failure::system("receive", errno))? {
            let Some(part) = self.parts.get_mut(packet.from) else {
                return Err(Failure::new("receive", "a packet of no rank"));
            };
            let message =
                part.get_or_insert_with(|| Message { from: packet.from, tag: packet.tag, bytes: Vec::new() });
            message.bytes.extend_from_slice(&packet.bytes);
            if packet.left == 0 {
                self.come.extend(part.take());
            }
        }
        Ok(())
    }
    // END SOLUTION
}
