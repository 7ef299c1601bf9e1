//! The wire format: a message becomes a frame, and back.
//!
//! ```text
//!   offset  0        2         3      4        6        8       10
//!          ┌────────┬─────────┬──────┬────────┬────────┬───────┬──────────┐
//!          │ length │ version │ kind │ client │ number │  crc  │   body   │
//!          │  u16   │   u8    │  u8  │  u16   │  u16   │  u16  │ "length" │
//!          └────────┴─────────┴──────┴────────┴────────┴───────┴──────────┘
//!   call:   body = method u8, arguments
//!   return: body = status u8 (0: done), result or the reason in words
//! ```
//!
//! The header keeps this layout in all versions, so that an old receiver can refuse a new frame and say so.

use crate::crc::crc16;
use crate::unpack::{BadBytes, Unpacker};
use std::fmt;

/// Bytes before the body.
pub const HEADER: usize = 10;
/// The highest version that this program knows.
pub const VERSION: u8 = 1;
/// The longest body in bytes. The length field could say 65535; who believes it lets a stranger choose the memory.
pub const BODY_LIMIT: usize = 512;

/// There are two kinds of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// From client to server: do this.
    Call = 1,
    /// From server to client: that came of it.
    Return = 2,
}

/// A message. Who called and the number of the call tell which return belongs to which call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Call or return.
    pub kind: Kind,
    /// The caller's number.
    pub client: u16,
    /// The call's number: the client counts.
    pub number: u16,
    /// What the stubs packed.
    pub body: Vec<u8>,
}

/// Bytes that are no frame of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFrame {
    /// The length is beyond the limit.
    TooLong(usize),
    /// There are more or fewer bytes than the header and the length say.
    Length(BadBytes),
    /// A bit changed on the way.
    Crc {
        /// What the frame says.
        said: u16,
        /// What its bytes give.
        found: u16,
    },
    /// Another version: the header is still readable.
    Version {
        /// The frame's version.
        version: u8,
        /// The caller.
        client: u16,
        /// The call.
        number: u16,
    },
    /// Neither call nor return.
    Kind(u8),
}

impl fmt::Display for BadFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(length) => write!(f, "a body of {length} bytes, the limit is {BODY_LIMIT}"),
            Self::Length(bad) => write!(f, "the frame's length: {bad}"),
            Self::Crc { said, found } => write!(f, "crc {said:04x} said, {found:04x} found"),
            Self::Version { version, .. } => write!(f, "version {version}, {VERSION} is known"),
            Self::Kind(kind) => write!(f, "kind {kind} is neither call nor return"),
        }
    }
}

impl std::error::Error for BadFrame {}

impl From<BadBytes> for BadFrame {
    fn from(bad: BadBytes) -> Self {
        Self::Length(bad)
    }
}

impl Message {
    /// A call.
    #[must_use]
    pub fn call(client: u16, number: u16, body: Vec<u8>) -> Self {
        Self { kind: Kind::Call, client, number, body }
    }

    /// The return that belongs to this call.
    #[must_use]
    pub fn answer(&self, body: Vec<u8>) -> Self {
        Self { kind: Kind::Return, body, ..*self }
    }

    /// The frame.
    ///
    /// # Errors
    /// [`BadFrame::TooLong`]
    pub fn to_frame(&self) -> Result<Vec<u8>, BadFrame> {
        self.to_frame_of_version(VERSION)
    }

    /// The same with another version number, to see what a receiver says.
    ///
    /// # Errors
    /// [`BadFrame::TooLong`]
    pub fn to_frame_of_version(&self, version: u8) -> Result<Vec<u8>, BadFrame> {
        let length = u16::try_from(self.body.len()).ok().filter(|length| usize::from(*length) <= BODY_LIMIT);
        let length = length.ok_or(BadFrame::TooLong(self.body.len()))?;
        let mut frame = Vec::with_capacity(HEADER + self.body.len());
        frame.extend(length.to_be_bytes());
        frame.extend([version, self.kind as u8]);
        frame.extend(self.client.to_be_bytes());
        frame.extend(self.number.to_be_bytes());
        frame.extend(crc16(&[&frame, &self.body]).to_be_bytes());
        frame.extend(&self.body);
        Ok(frame)
    }

    /// The message in exactly one frame.
    ///
    /// # Errors
    /// [`BadFrame`]. The check comes before anything that it protects is believed.
    pub fn from_frame(frame: &[u8]) -> Result<Self, BadFrame> {
        let body_length = body_length(frame)?;
        let (header, body) = frame.split_at_checked(HEADER).ok_or_else(|| short(frame, HEADER))?;
        if body.len() < body_length {
            return Err(short(frame, HEADER + body_length));
        }
        Unpacker::new(&body[body_length..]).finish()?;
        let mut fields = Unpacker::new(&header[2..]);
        let (version, kind) = (fields.u8()?, fields.u8()?);
        let (client, number, said) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let found = crc16(&[&header[..8], body]);
        if said != found {
            return Err(BadFrame::Crc { said, found });
        }
        if version != VERSION {
            return Err(BadFrame::Version { version, client, number });
        }
        let kind = match kind {
            1 => Kind::Call,
            2 => Kind::Return,
            other => return Err(BadFrame::Kind(other)),
        };
        Ok(Self { kind, client, number, body: body.to_vec() })
    }
}

/// The length of the body, from the first two bytes of a frame.
///
/// # Errors
/// When it is beyond the limit, or there are no two bytes.
pub fn body_length(frame: &[u8]) -> Result<usize, BadFrame> {
    let length = usize::from(Unpacker::new(frame).u16()?);
    if length > BODY_LIMIT { Err(BadFrame::TooLong(length)) } else { Ok(length) }
}

fn short(frame: &[u8], wanted: usize) -> BadFrame {
    BadFrame::Length(BadBytes::Short { wanted, left: frame.len() })
}
