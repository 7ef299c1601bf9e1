//! A mailbox: one pipe with any number of writers and, mostly, one reader; messages of 16 bytes.
//!
//! Writes of up to `PIPE_BUF` (4096) bytes do not mix, so each message arrives whole, and readers always take 16 bytes
//! at a time. No lengths, no half messages: the price is that a message is one word.

use anyhow::{Context, Result, ensure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::{AsFd, OwnedFd};

/// What a rank sends to another: one word, and who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// The rank that sent it. It says so itself: a pipe does not know its writers.
    pub from: u32,
    /// The round in which it was sent, see [`Rank`](crate::world::Rank).
    pub round: u32,
    /// What is said.
    pub word: i64,
}

/// Both ends of the pipe.
#[derive(Debug)]
pub struct Mailbox {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Mailbox {
    /// pipe—Makes an empty mailbox.
    ///
    /// # Errors
    /// `EMFILE`: no descriptor is left.
    pub fn new() -> Result<Self> {
        let (reader, writer) = ipc_kit::pipe().context("make a mailbox")?;
        Ok(Self { reader, writer })
    }

    /// write—Puts a message in. Waits while 4096 of them lie there unread.
    ///
    /// # Errors
    /// None in practice.
    pub fn put(&self, message: Message) -> Result<()> {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&message.from.to_ne_bytes());
        bytes[4..8].copy_from_slice(&message.round.to_ne_bytes());
        bytes[8..].copy_from_slice(&message.word.to_ne_bytes());
        ipc_kit::write_all(&self.writer, &bytes).context("put a message into a mailbox")
    }

    /// read—Takes the oldest message out. Waits for one.
    ///
    /// # Errors
    /// None as long as everybody writes and takes whole messages.
    pub fn take(&self) -> Result<Message> {
        let mut bytes = [0; 16];
        let count = ipc_kit::retry(|| nix::unistd::read(&self.reader, &mut bytes));
        let count = count.context("take a message out of a mailbox")?;
        ensure!(count == bytes.len(), "a message of {count} bytes");
        let word = i64::from_ne_bytes(bytes[8..].try_into().context("eight bytes")?);
        let half = |at: usize| -> Result<u32> { Ok(u32::from_ne_bytes(bytes[at..at + 4].try_into()?)) };
        Ok(Message { from: half(0)?, round: half(4)?, word })
    }

    /// poll—Whether a message is there. If there is one reader, nobody else can take it meanwhile.
    ///
    /// # Errors
    /// None in practice.
    pub fn has_one(&self) -> Result<bool> {
        let mut look = [PollFd::new(self.reader.as_fd(), PollFlags::POLLIN)];
        let ready = ipc_kit::retry(|| poll(&mut look, PollTimeout::ZERO)).context("look into a mailbox")?;
        Ok(ready == 1)
    }
}
