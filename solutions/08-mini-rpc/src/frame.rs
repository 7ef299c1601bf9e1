//! Frames: a header of 24 bytes and a body. Whatever is damaged on its way is noticed here.

use crate::crc::crc32;
use crate::refusal::Refusal;
// BEGIN SOLUTION
use crate::wire::{Wire, array};
// END SOLUTION

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
        // BEGIN SOLUTION
        let length = u32::try_from(self.body.len()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(HEADER + self.body.len());
        bytes.extend([b'R', b'P', 1, self.kind]);
        bytes.extend(length.to_le_bytes());
        bytes.extend(self.client.to_le_bytes());
        bytes.extend(self.seq.to_le_bytes());
        bytes.extend(crc32(&[&bytes, &self.body]).to_le_bytes());
        bytes.extend(&self.body);
        bytes
        // END SOLUTION
        // STUB: todo!("M1: the header with its checksum, and the body")
    }

    /// An error frame that answers `seq` of `client`.
    #[must_use]
    pub fn refusal(client: u64, seq: u32, refusal: &Refusal) -> Self {
        // BEGIN SOLUTION
        let mut body = Vec::new();
        refusal.code.put(&mut body);
        refusal.text.clone().into_owned().put(&mut body);
        Self { kind: kind::ERROR, client, seq, body }
        // END SOLUTION
        // STUB: todo!("M1: code and text")
    }
}
// BEGIN SOLUTION

/// A frame at the front of `bytes` and its length, or `None` if more must come.
///
/// # Errors
/// See [`Bad`].
pub fn decode(bytes: &[u8]) -> Result<Option<(Frame, usize)>, (Bad, usize)> {
    if !bytes.starts_with(b"RP") && !b"RP".starts_with(bytes) {
        return Err((Bad::Magic, bytes.len()));
    }
    let Some(mut header) = bytes.get(..HEADER).map(|header| &header[2..]) else { return Ok(None) };
    let Some(fields) = fields(&mut header) else { return Ok(None) };
    let Fields { version, kind, length, client, seq, checksum } = fields;
    if length > BODY_MAX {
        return Err((Bad::Length(client, seq), bytes.len()));
    }
    let end = HEADER + length;
    let Some(body) = bytes.get(HEADER..end) else { return Ok(None) };
    if crc32(&[&bytes[..HEADER - 4], body]) != checksum {
        return Err((Bad::Checksum, bytes.len()));
    }
    if version != 1 {
        return Err((Bad::Version(client, seq), end));
    }
    Ok(Some((Frame { kind, client, seq, body: body.to_vec() }, end)))
}

struct Fields {
    version: u8,
    kind: u8,
    length: usize,
    client: u64,
    seq: u32,
    checksum: u32,
}

/// What follows the magic.
fn fields(header: &mut &[u8]) -> Option<Fields> {
    let [version, kind] = array(header)?;
    let length = usize::try_from(u32::take(header)?).ok()?;
    Some(Fields {
        version,
        kind,
        length,
        client: u64::take(header)?,
        seq: u32::take(header)?,
        checksum: u32::take(header)?,
    })
}
// END SOLUTION
