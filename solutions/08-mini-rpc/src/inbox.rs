//! What has come over a connection, cut into frames. See `recv(2)`.

use std::os::fd::{AsFd, AsRawFd};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

// BEGIN SOLUTION
use crate::frame::decode;
// END SOLUTION
use crate::frame::{Bad, Frame};

/// So much is received at once: many small frames, or a part of a large one.
const PIECE: usize = 64 * 1024;

/// Bytes that are not yet a frame, or not yet taken.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    // BEGIN SOLUTION
    /// What has come and is not taken is `bytes[done..end]`. What lies behind it is room, and stays when it is used: to
    /// fill 64 KiB with zeros before each receive takes longer than the receive of a small frame.
    done: usize,
    end: usize,
    // END SOLUTION
}

impl Inbox {
    /// Receives what is there; 0 is the end.
    ///
    /// # Errors
    /// `EAGAIN` if nothing is there and the socket does not block; `ECONNRESET`.
    pub fn receive(&mut self, socket: impl AsFd) -> nix::Result<usize> {
        // BEGIN SOLUTION
        if self.done > 0 {
            self.bytes.copy_within(self.done..self.end, 0);
            self.end -= std::mem::take(&mut self.done);
        }
        if self.bytes.len() < self.end + PIECE {
            self.bytes.resize(self.end + PIECE, 0);
        }
        let room = &mut self.bytes[self.end..][..PIECE];
        let received = retry(|| recv(socket.as_fd().as_raw_fd(), room, MsgFlags::empty()))?;
        self.end += received;
        Ok(received)
        // END SOLUTION
        // STUB: let length = self.bytes.len();
        // STUB: self.bytes.resize(length + PIECE, 0);
        // STUB: let received =
        // STUB:     retry(|| recv(socket.as_fd().as_raw_fd(), &mut self.bytes[length..], MsgFlags::empty()));
        // STUB: self.bytes.truncate(length + received.unwrap_or(0));
        // STUB: received
    }

    /// Takes the next frame, if all of it is there.
    ///
    /// # Errors
    /// See [`Bad`]: after `Version` the next frame can be taken, after the others nothing makes sense any more.
    pub fn frame(&mut self) -> Result<Option<Frame>, Bad> {
        // BEGIN SOLUTION
        let (frame, length) = match decode(&self.bytes[self.done..self.end]) {
            Ok(Some((frame, length))) => (Ok(Some(frame)), length),
            Ok(None) => (Ok(None), 0),
            Err((bad, length)) => (Err(bad), length),
        };
        self.done += length;
        frame
        // END SOLUTION
        // STUB: todo!("M1: a whole frame; M3: or none yet, or something that is no frame")
    }
}

/// Whether there is only nothing to do now.
#[must_use]
pub fn is_later(errno: Errno) -> bool {
    errno == Errno::EAGAIN
}
