//! Bytes from a stream become lines: a read may bring half a line, or a hundred.

use std::os::fd::AsFd;

// BEGIN SOLUTION
use std::os::fd::AsRawFd;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

use crate::line::LONGEST_LINE;
// END SOLUTION

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
        // BEGIN SOLUTION
        let fresh = &self.bytes[self.taken..];
        let Some(length) = fresh.iter().position(|&byte| byte == b'\n') else {
            return self.rest();
        };
        let line = fresh[..length].to_vec();
        self.taken += length + 1;
        Some(self.whole(line))
        // END SOLUTION
        // STUB: todo!("M1: cut off the next whole line")
    }
    // BEGIN SOLUTION

    /// No newline is here: too long already, or the last line, or a part of one.
    fn rest(&mut self) -> Option<Line> {
        let fresh = self.bytes.split_off(self.taken);
        (self.bytes, self.taken) = (fresh, 0);
        if self.bytes.len() > LONGEST_LINE || self.too_long.is_some() {
            let beginning = std::mem::take(&mut self.bytes);
            self.too_long.get_or_insert(beginning);
        }
        if !self.ended || (self.bytes.is_empty() && self.too_long.is_none()) {
            return None;
        }
        let line = std::mem::take(&mut self.bytes);
        Some(self.whole(line))
    }

    fn whole(&mut self, line: Vec<u8>) -> Line {
        match self.too_long.take() {
            Some(beginning) => Line::TooLong(beginning),
            None if line.len() > LONGEST_LINE => Line::TooLong(line),
            None => Line::Whole(line),
        }
    }
    // END SOLUTION

    /// Whether reading makes sense: no whole line is here, and more may come.
    pub fn wants_more(&self) -> bool {
        // BEGIN SOLUTION
        !self.ended && !self.bytes[self.taken..].contains(&b'\n')
        // END SOLUTION
        // STUB: todo!("M4: read only what there is room for")
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
        // BEGIN SOLUTION
        self.fill(|buffer| retry(|| nix::unistd::read(from.as_fd(), buffer)))
        // END SOLUTION
        // STUB: todo!("M1: read what there is")
    }

    /// Receives once, without waiting. `O_NONBLOCK` would be shared with everybody who holds this socket.
    ///
    /// # Errors
    /// What recv(2) says, but for EAGAIN.
    pub fn receive(&mut self, from: impl AsFd) -> nix::Result<()> {
        // BEGIN SOLUTION
        let socket = from.as_fd().as_raw_fd();
        match self.fill(|buffer| retry(|| recv(socket, buffer, MsgFlags::MSG_DONTWAIT))) {
            Err(Errno::EAGAIN) => Ok(()),
            other => other,
        }
        // END SOLUTION
        // STUB: todo!("M9: receive what there is")
    }
    // BEGIN SOLUTION

    fn fill(&mut self, mut read: impl FnMut(&mut [u8]) -> nix::Result<usize>) -> nix::Result<()> {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        let kept = self.bytes.len();
        self.bytes.resize(MOST, 0);
        let got = read(&mut self.bytes[kept..]);
        self.bytes.truncate(kept + got.unwrap_or(0));
        self.ended |= got? == 0;
        Ok(())
    }
    // END SOLUTION
}
