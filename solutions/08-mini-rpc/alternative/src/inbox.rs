//! What has come over a connection, cut into frames. See `recv(2)`.

use std::os::fd::{AsFd, AsRawFd};

use ipc_kit::retry;
use nix::sys::socket::{MsgFlags, recv};

use crate::frame::{Bad, Frame, length};

/// So much is received at once: many small frames, or a part of a large one.
const PIECE: usize = 64 * 1024;

/// Bytes that are not yet a frame, or not yet taken: those from `start`.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    start: usize,
}

impl Inbox {
    /// Receives what is there; 0 is the end.
    ///
    /// # Errors
    /// `EAGAIN` if nothing is there and the socket does not block; `ECONNRESET`.
    pub fn receive(&mut self, socket: impl AsFd) -> nix::Result<usize> {
        self.tidy();
        let length = self.bytes.len();
        self.bytes.resize(length + PIECE, 0);
        let received =
            retry(|| recv(socket.as_fd().as_raw_fd(), &mut self.bytes[length..], MsgFlags::empty()));
        self.bytes.truncate(length + received.unwrap_or(0));
        received
    }

    /// Moves what is left to the front, once per receive and not once per frame. An empty inbox keeps no memory.
    fn tidy(&mut self) {
        if self.start == self.bytes.len() && self.bytes.capacity() > 4 * PIECE {
            self.bytes = Vec::new();
        } else {
            self.bytes.drain(..self.start);
        }
        self.start = 0;
    }

    /// Takes the next frame, if all of it is there.
    ///
    /// # Errors
    /// See [`Bad`]: after `Version` the next frame can be taken, after the others nothing makes sense any more.
    pub fn frame(&mut self) -> Result<Option<Frame>, Bad> {
        let rest = &self.bytes[self.start..];
        match Frame::decode(rest) {
            Ok(None) => Ok(None),
            Ok(Some((frame, end))) => {
                self.start += end;
                Ok(Some(frame))
            }
            Err(bad) => {
                if let Bad::Version(..) = bad {
                    self.start += length(rest).unwrap_or(0);
                }
                Err(bad)
            }
        }
    }
}
