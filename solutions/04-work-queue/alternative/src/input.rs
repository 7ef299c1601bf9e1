//! Bytes from a stream become lines: a read may bring half a line, or a hundred.
//!
//! The buffer is made once. So whoever reads allocates nothing, and may do so without the boss's lock.

use std::os::fd::{AsFd, AsRawFd};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv};
use nix::unistd;

use crate::line::LONGEST_LINE;

/// So much is read ahead at most.
const MOST: usize = 64 << 10;
/// So much of a line that is too long tells its ID.
const BEGINNING: usize = 65;

/// What a stream has brought and nobody has taken yet.
#[derive(Debug)]
pub struct Input {
    buffer: Box<[u8]>,
    /// The part of the buffer that is in use.
    begin: usize,
    end: usize,
    /// No newline stands before this place.
    searched: usize,
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

impl Default for Input {
    fn default() -> Input {
        Input::with_room(MOST)
    }
}

impl Input {
    /// Reads ahead so many bytes at most.
    pub fn with_room(room: usize) -> Input {
        let buffer = vec![0; room].into_boxed_slice();
        Input { buffer, begin: 0, end: 0, searched: 0, too_long: None, ended: false }
    }

    /// The next line, if it has come as a whole.
    pub fn line(&mut self) -> Option<Line> {
        let newline = self.buffer[self.searched..self.end].iter().position(|&byte| byte == b'\n');
        let length = newline.map(|place| self.searched + place - self.begin);
        self.searched = self.end;
        if let Some(length) = length {
            let line = self.cut(length);
            self.take(length + 1);
            return Some(line);
        }
        if self.bytes().len() > LONGEST_LINE || self.too_long.is_some() {
            let length = self.bytes().len();
            if let Line::TooLong(beginning) = self.cut(length) {
                self.too_long = Some(beginning);
            }
            self.take(length);
        }
        if self.ended && (!self.bytes().is_empty() || self.too_long.is_some()) {
            let line = self.cut(self.bytes().len());
            self.take(self.bytes().len());
            return Some(line);
        }
        None
    }

    /// A line of this length, and what has been dropped of it before.
    fn cut(&mut self, length: usize) -> Line {
        let bytes = &self.buffer[self.begin..self.begin + length];
        match self.too_long.take() {
            Some(beginning) => Line::TooLong(beginning),
            None if length > LONGEST_LINE => Line::TooLong(bytes[..BEGINNING].to_vec()),
            None => Line::Whole(bytes.to_vec()),
        }
    }

    /// Whether the stream has ended. There may be lines left.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// The bytes that are there, for protocols without lines.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.begin..self.end]
    }

    /// So many of them are dealt with.
    pub fn take(&mut self, length: usize) {
        self.begin += length;
        self.searched = self.begin;
    }

    /// The free part of the buffer, after what is in use has moved to its beginning.
    fn room(&mut self) -> &mut [u8] {
        self.buffer.copy_within(self.begin..self.end, 0);
        self.end -= self.begin;
        self.searched -= self.begin;
        self.begin = 0;
        &mut self.buffer[self.end..]
    }

    /// Waits for more, by read(2). The stream may be non-blocking: that is a property of all who hold it.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn read(&mut self, from: impl AsFd) -> nix::Result<()> {
        let got = loop {
            match retry(|| unistd::read(&from, self.room())) {
                Err(Errno::EAGAIN) => {
                    let mut readable = [PollFd::new(from.as_fd(), PollFlags::POLLIN)];
                    retry(|| poll(&mut readable, PollTimeout::NONE))?;
                }
                other => break other?,
            }
        };
        self.got(got);
        Ok(())
    }

    /// Receives once, without waiting. `O_NONBLOCK` would be shared with everybody who holds this socket.
    ///
    /// # Errors
    /// What recv(2) says, but for EAGAIN.
    pub fn receive(&mut self, from: impl AsFd) -> nix::Result<()> {
        let socket = from.as_fd().as_raw_fd();
        match retry(|| recv(socket, self.room(), MsgFlags::MSG_DONTWAIT)) {
            Err(Errno::EAGAIN) => {}
            other => self.got(other?),
        }
        Ok(())
    }

    fn got(&mut self, got: usize) {
        self.end += got;
        self.ended = got == 0;
    }
}
