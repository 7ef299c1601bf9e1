//! What has come over a connection, cut into frames. See `recv(2)`.

use std::os::fd::{AsFd, AsRawFd};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

use crate::frame::{Bad, Frame};

/// So much is received at once: many small frames, or a part of a large one.
const PIECE: usize = 64 * 1024;

/// Bytes that are not yet a frame, or not yet taken.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
}

impl Inbox {
    /// Receives what is there; 0 is the end.
    ///
    /// # Errors
    /// `EAGAIN` if nothing is there and the socket does not block; `ECONNRESET`.
    pub fn receive(&mut self, socket: impl AsFd) -> nix::Result<usize> {
        let length = self.bytes.len();
        self.bytes.resize(length + PIECE, 0);
        let received =
            retry(|| recv(socket.as_fd().as_raw_fd(), &mut self.bytes[length..], MsgFlags::empty()));
        self.bytes.truncate(length + received.unwrap_or(0));
        received
    }

    /// Takes the next frame, if all of it is there.
    ///
    /// # Errors
    /// See [`Bad`]: after `Version` the next frame can be taken, after the others nothing makes sense any more.
    pub fn frame(&mut self) -> Result<Option<Frame>, Bad> {
        todo!("M1: a whole frame; M3: or none yet, or something that is no frame")
    }
}

/// Whether there is only nothing to do now.
#[must_use]
pub fn is_later(errno: Errno) -> bool {
    errno == Errno::EAGAIN
}
