// BEGIN SOLUTION
//! What a client has not yet taken. See `send(2)`, `unix(7)`: SCM_RIGHTS.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;

use crate::options::Kind;
use crate::pass::send_with;

/// Nobody reads on for a client that has so many bytes to take.
const FULL: usize = 64 << 10;

/// In a stream, bytes up to the next descriptor; otherwise one packet.
#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    sent: usize,
    /// Goes with the first byte.
    descriptor: Option<OwnedFd>,
    /// Nothing is missing. Half a packet cannot be sent.
    is_complete: bool,
}

/// Blocks on their way to one client.
#[derive(Debug)]
pub struct Outbox {
    kind: Kind,
    pieces: VecDeque<Piece>,
}

impl Outbox {
    /// An empty one.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self { kind, pieces: VecDeque::new() }
    }

    /// How many bytes may be added before the client must take some. A packet that was begun is always finished.
    #[must_use]
    pub fn room(&self) -> usize {
        match self.pieces.back() {
            Some(Piece { is_complete: false, .. }) => FULL,
            _ => FULL.saturating_sub(self.pieces.iter().map(|piece| piece.bytes.len() - piece.sent).sum()),
        }
    }

    /// Whether the client has taken everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether something can be sent.
    #[must_use]
    pub fn can_send(&self) -> bool {
        self.pieces.front().is_some_and(|piece| piece.is_complete)
    }

    /// Adds a whole block, with a descriptor or without.
    pub fn push(&mut self, bytes: &[u8], descriptor: Option<OwnedFd>) {
        match self.pieces.back_mut() {
            Some(last) if self.kind == Kind::Stream && descriptor.is_none() => {
                last.bytes.extend_from_slice(bytes);
            }
            _ => {
                self.pieces.push_back(Piece { bytes: bytes.to_vec(), sent: 0, descriptor, is_complete: true })
            }
        }
    }

    /// Adds the first line of a block whose body will follow.
    pub fn begin(&mut self, line: &str) {
        self.push(line.as_bytes(), None);
        if let Some(last) = self.pieces.back_mut() {
            last.is_complete = self.kind == Kind::Stream;
        }
    }

    /// Adds a part of the body.
    pub fn extend(&mut self, bytes: &[u8]) {
        match self.pieces.back_mut() {
            Some(last) => last.bytes.extend_from_slice(bytes),
            None => self.push(bytes, None),
        }
    }

    /// The body is complete.
    pub fn finish(&mut self) {
        if let Some(last) = self.pieces.back_mut() {
            last.is_complete = true;
        }
    }

    /// Sends what the kernel takes now.
    ///
    /// # Errors
    /// `EPIPE`, `ECONNRESET` and others if the client is lost.
    pub fn flush(&mut self, socket: impl AsFd) -> nix::Result<()> {
        while let Some(piece) = self.pieces.front_mut().filter(|piece| piece.is_complete) {
            let rest = &piece.bytes[piece.sent..];
            match send_with(&socket, rest, piece.descriptor.as_ref().map(AsFd::as_fd)) {
                Ok(n) => {
                    piece.sent += n;
                    // Our copy is closed here, as soon as the kernel has its own.
                    piece.descriptor = None;
                }
                Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => return Err(errno),
            }
            if piece.sent < piece.bytes.len() {
                return Ok(());
            }
            self.pieces.pop_front();
        }
        Ok(())
    }
}
// END SOLUTION
