//! Bytes from a stream become lines: a read may bring half a line, or a hundred.

use std::os::fd::AsFd;

/// So much is read ahead at most.
pub const MOST: usize = 64 << 10;

/// What a stream has brought and nobody has taken yet.
#[derive(Debug, Default)]
pub struct Input {
    bytes: Vec<u8>,
    /// So many of them are taken.
    taken: usize,
    /// The beginning of a line that is too long, whose end has not come yet.
    too_long: Option<Vec<u8>>,
    ended: bool,
}

/// One line, without its newline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A line that may be a task.
    Whole(Vec<u8>),
    /// The beginning of one that is too long; its rest is dropped.
    TooLong(Vec<u8>),
}

impl Input {
    /// The next line, if it has come as a whole.
    pub fn line(&mut self) -> Option<Line> {
        todo!("M1: cut off the next whole line")
    }

    /// Whether reading makes sense: no whole line is here, and more may come.
    pub fn wants_more(&self) -> bool {
        todo!("M4: read only what there is room for")
    }

    /// Whether the stream has ended. There may be lines left.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether the stream has ended, and all that it brought is taken.
    pub fn is_exhausted(&self) -> bool {
        self.ended && self.bytes().is_empty() && self.too_long.is_none()
    }

    /// The bytes that are there, for protocols without lines.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    /// So many of them are dealt with.
    pub fn take(&mut self, length: usize) {
        self.taken += length;
    }

    /// Reads once, by read(2), from a stream that is readable.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn read(&mut self, from: impl AsFd) -> nix::Result<()> {
        todo!("M1: read what there is")
    }

    /// Receives once, without waiting. `O_NONBLOCK` would be shared with everybody who holds this socket.
    ///
    /// # Errors
    /// What recv(2) says, but for EAGAIN.
    pub fn receive(&mut self, from: impl AsFd) -> nix::Result<()> {
        todo!("M9: receive what there is")
    }
}
