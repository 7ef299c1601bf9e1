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
pub struct World {}

impl World {
    /// The world that the environment describes.
    ///
    /// # Errors
    /// When the environment describes none.
    pub fn from_environment() -> Result<World, Failure> {
        todo!("M4: find out who this rank is and how it reaches the others")
    }

    /// Which rank this is, from 0.
    pub fn rank(&self) -> usize {
        todo!("M4: the rank")
    }

    /// How many ranks there are.
    pub fn size(&self) -> usize {
        todo!("M4: the number of ranks")
    }

    /// Sends a message. It may return before the message is received, and it returns although the receiver is
    /// sending, too. A message to a rank that has ended is lost.
    ///
    /// # Errors
    /// There is no rank `to`; a system call failed.
    pub fn send(&mut self, to: usize, tag: Tag, bytes: &[u8]) -> Result<(), Failure> {
        todo!("M4: send a message; if there is no room for it, take what comes meanwhile")
    }

    /// Waits for a message from this rank with this tag, and gives it; of several the one that was sent first.
    /// `None` is any rank, or any tag from 0 on.
    ///
    /// # Errors
    /// There is no such rank; a system call failed.
    pub fn receive(&mut self, from: Option<usize>, tag: Option<Tag>) -> Result<Message, Failure> {
        todo!("M4: wait for the first message that fits, and keep those that do not")
    }

    /// Ends this rank, and so all ranks, with this status.
    pub fn abort(&self, status: u8) -> ! {
        todo!("M7: end with this status; mpirun ends the others")
    }
}
