//! Frames: a header of 24 bytes and a body. Whatever is damaged on its way is noticed here.

use crate::crc::crc32;
use crate::refusal::Refusal;
use crate::wire::{chunk, counted, put_counted};

/// So long is a header.
pub const HEADER: usize = 24;
/// So long may a body be.
pub const BODY_MAX: usize = 1 << 20;
/// Where the checksum stands.
const SUM: usize = 20;
const MAGIC: &[u8] = b"RP";
const VERSION: u8 = 1;

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

impl std::fmt::Display for Bad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Magic => "it does not begin with RP",
            Self::Length(..) => "its length is above the limit",
            Self::Checksum => "its checksum is wrong",
            Self::Version(..) => "its version is not 1",
        })
    }
}

impl Frame {
    /// A frame from its parts.
    #[must_use]
    pub fn new(kind: u8, client: u64, seq: u32, body: Vec<u8>) -> Self {
        Self { kind, client, seq, body }
    }

    /// The bytes of the frame. The body must not be longer than [`BODY_MAX`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.body.len());
        bytes.extend(MAGIC);
        bytes.extend([VERSION, self.kind]);
        bytes.extend((self.body.len() as u32).to_le_bytes());
        bytes.extend(self.client.to_le_bytes());
        bytes.extend(self.seq.to_le_bytes());
        bytes.extend(crc32(&[&bytes, &self.body]).to_le_bytes());
        bytes.extend(&self.body);
        bytes
    }

    /// Looks at the front of `bytes`, in the order of the contract; with the frame comes its length.
    ///
    /// # Errors
    /// See [`Bad`]. A frame of another version is whole: its length can be had by [`length`].
    pub fn decode(bytes: &[u8]) -> Result<Option<(Self, usize)>, Bad> {
        let known = bytes.len().min(MAGIC.len());
        if bytes[..known] != MAGIC[..known] {
            return Err(Bad::Magic);
        }
        let Some(mut header) = bytes.get(..HEADER) else { return Ok(None) };
        let Some([_, _, version, kind]) = chunk(&mut header) else { return Ok(None) };
        let (Some(_), Some(client), Some(seq), Some(sum)) = (
            chunk::<4>(&mut header),
            chunk(&mut header).map(u64::from_le_bytes),
            chunk(&mut header).map(u32::from_le_bytes),
            chunk(&mut header).map(u32::from_le_bytes),
        ) else {
            return Ok(None);
        };
        let Some(end) = length(bytes) else { return Err(Bad::Length(client, seq)) };
        let Some(body) = bytes.get(HEADER..end) else { return Ok(None) };
        if crc32(&[&bytes[..SUM], body]) != sum {
            return Err(Bad::Checksum);
        }
        if version != VERSION {
            return Err(Bad::Version(client, seq));
        }
        Ok(Some((Self::new(kind, client, seq, body.to_vec()), end)))
    }

    /// An error frame that answers `seq` of `client`.
    #[must_use]
    pub fn refusal(client: u64, seq: u32, refusal: &Refusal) -> Self {
        let mut body = refusal.code.to_le_bytes().to_vec();
        put_counted(refusal.text.as_bytes(), &mut body);
        Self::new(kind::ERROR, client, seq, body)
    }

    /// What an error frame says; `None` if its body is none.
    #[must_use]
    pub fn error(&self) -> Option<Refusal> {
        let mut rest = &self.body[..];
        let code = u16::from_le_bytes(chunk(&mut rest)?);
        let text = std::str::from_utf8(counted(&mut rest)?).ok()?.to_owned();
        rest.is_empty().then(|| Refusal { code, text: text.into() })
    }
}

/// The length of the frame that begins with this header; `None` if its body is too long.
#[must_use]
pub fn length(header: &[u8]) -> Option<usize> {
    let mut field = header.get(4..8)?;
    let body = usize::try_from(u32::from_le_bytes(chunk(&mut field)?)).ok()?;
    (body <= BODY_MAX).then_some(HEADER + body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_of_the_contract() {
        let bytes = Frame::new(kind::RESULT, 7, 1, 5_i64.to_le_bytes().to_vec()).encode();
        assert_eq!(bytes[16..], [1, 0, 0, 0, 0xef, 0x43, 0x9b, 0x9e, 5, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(Frame::decode(&bytes).map(|some| some.map(|(_, end)| end)), Ok(Some(32)));
        assert_eq!(Frame::decode(&bytes[..31]), Ok(None));
    }

    #[test]
    fn the_error_of_the_contract() {
        let frame = Frame::refusal(7, 2, &Refusal::UNKNOWN_METHOD);
        assert_eq!(frame.encode()[20..26], [0x61, 0x9c, 0x2f, 0x83, 1, 0]);
        assert_eq!(frame.error(), Some(Refusal::UNKNOWN_METHOD));
    }
}
