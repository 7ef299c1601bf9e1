//! What to do when the buffer is full: wait, throw something away, or give up. There is no fourth way.
//!
//! A larger buffer is none: it only fills later.

use crate::buffer::{self, Slot};
use crate::film;
use anyhow::Result;
use std::os::fd::OwnedFd;

/// What a producer does when the buffer is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// It waits. Nothing is lost, and everybody before it waits too, back to the source (backpressure).
    Block,
    /// It throws away the oldest frame that waits in the buffer: what comes out is as new as possible.
    Oldest,
    /// It throws away the frame in its hand: what comes out has no gap at its beginning.
    Newest,
    /// It gives up and says so: somebody else must decide.
    Fail,
}

impl Policy {
    /// The policy of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Block, Self::Oldest, Self::Newest, Self::Fail].into_iter().find(|policy| policy.name() == name)
    }

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Oldest => "oldest",
            Self::Newest => "newest",
            Self::Fail => "fail",
        }
    }
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in the buffer, or will be as soon as there is room: see the callback of [`Outlet::put`].
    Kept,
    /// A frame is lost for it: the oldest in the buffer (its number), or itself.
    Lost(u32),
    /// It is still in the producer's hand, and the producer must decide.
    Refused,
}

/// The write end of a bounded buffer, with a policy.
pub struct Outlet {
    /// Non-blocking: the kernel says "full", and the policy decides.
    writer: OwnedFd,
    /// Only for [`Policy::Oldest`]: the one who puts in must be able to take out. With any other policy nobody but
    /// the consumer may hold a read end: as long as one is open, the producer is not told that the consumer died.
    taker: Option<OwnedFd>,
    policy: Policy,
}

impl Outlet {
    /// Makes the write end of a pipe follow the policy. `reader` is that pipe's read end, not kept.
    ///
    /// # Errors
    /// See [`buffer::own_reader`].
    pub fn new(writer: OwnedFd, reader: OwnedFd, policy: Policy) -> Result<Self> {
        buffer::set_nonblocking(&writer)?;
        let taker = if policy == Policy::Oldest { Some(buffer::own_reader(&reader)?) } else { None };
        Ok(Self { writer, taker, policy })
    }

    /// Puts a frame in, or does what the policy says. `waits` is called before it waits.
    ///
    /// # Errors
    /// `EPIPE` when the consumer is gone.
    pub fn put(&self, frame: &Slot, waits: impl FnOnce() -> Result<()>) -> Result<Fate> {
        if buffer::try_put(&self.writer, frame)? {
            return Ok(Fate::Kept);
        }
        match self.policy {
            Policy::Block => {
                waits()?;
                while !buffer::try_put(&self.writer, frame)? {
                    buffer::wait_for_room(&self.writer)?;
                }
                Ok(Fate::Kept)
            }
            Policy::Oldest => self.put_for_the_oldest(frame),
            Policy::Newest => Ok(Fate::Lost(film::number(frame))),
            Policy::Fail => Ok(Fate::Refused),
        }
    }

    /// The consumer may take at the same moment. Then nobody is thrown away: each frame is taken by one of the two.
    fn put_for_the_oldest(&self, frame: &Slot) -> Result<Fate> {
        let mut fate = Fate::Kept;
        let taker = self.taker.as_ref().expect("this policy has a read end");
        while !buffer::try_put(&self.writer, frame)? {
            if let Some(oldest) = buffer::try_take(taker)? {
                fate = Fate::Lost(film::number(&oldest));
            }
        }
        Ok(fate)
    }
}
