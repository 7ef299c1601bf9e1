//! Frames: a header of 24 bytes and a body. Whatever is damaged on its way is noticed here.

use crate::crc::crc32;
use crate::refusal::Refusal;

/// So long is a header.
pub const HEADER: usize = 24;
/// So long may a body be.
pub const BODY_MAX: usize = 1 << 20;

/// What a frame is for.
pub mod kind {
    /// Method u16 and arguments.
    pub const CALL: u8 = 1;
    /// The result.
    pub const RESULT: u8 = 2;
    /// Code u16 and text.
    pub const ERROR: u8 = 3;
    /// Nothing; the call of this seq is not wanted any more.
    pub const CANCEL: u8 = 4;
    /// Window u32.
    pub const PING: u8 = 5;
    /// Instance u64.
    pub const PONG: u8 = 6;
    /// Instance u64 and the body of the call again.
    pub const RETRY: u8 = 7;
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// See [`kind`].
    pub kind: u8,
    /// Who calls.
    pub client: u64,
    /// Which of its calls.
    pub seq: u32,
    /// What the kind says.
    pub body: Vec<u8>,
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// It does not begin like one.
    Magic,
    /// Its body would be too long. Client and seq may be damaged, too.
    Length(u64, u32),
    /// Its checksum is another one.
    Checksum,
    /// It has another version. Client and seq are right, and the next frame follows.
    Version(u64, u32),
}

impl Frame {
    /// The bytes of the frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        todo!("M1: the header with its checksum, and the body")
    }

    /// An error frame that answers `seq` of `client`.
    #[must_use]
    pub fn refusal(client: u64, seq: u32, refusal: &Refusal) -> Self {
        todo!("M1: code and text")
    }
}
