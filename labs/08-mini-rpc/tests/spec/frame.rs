//! The frames of the contract, once more and independent of any answer: what the checks send, and how they read what
//! comes.

use std::fmt;
use std::sync::LazyLock;

use testkit::{Peer, visible};

/// So long is a header.
pub(crate) const HEADER: usize = 24;
/// So long may a body be.
pub(crate) const BODY_MAX: usize = 1 << 20;

pub(crate) const CALL: u8 = 1;
pub(crate) const RESULT: u8 = 2;
pub(crate) const ERROR: u8 = 3;
pub(crate) const CANCEL: u8 = 4;
pub(crate) const PING: u8 = 5;
pub(crate) const PONG: u8 = 6;
pub(crate) const RETRY: u8 = 7;

pub(crate) const ADD: u16 = 1;
pub(crate) const ECHO: u16 = 2;
pub(crate) const APPEND: u16 = 3;
pub(crate) const GET: u16 = 4;
pub(crate) const OPEN: u16 = 5;
pub(crate) const READ: u16 = 6;
pub(crate) const CLOSE: u16 = 7;
pub(crate) const GATE: u16 = 8;
pub(crate) const WHOAMI: u16 = 9;
pub(crate) const STATS: u16 = 10;
pub(crate) const LIST: u16 = 11;
pub(crate) const WATCH: u16 = 12;
pub(crate) const UNWATCH: u16 = 13;
pub(crate) const CHANGED: u16 = 100;

/// A frame. Two of them are the same if all fields are.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) version: u8,
    pub(crate) kind: u8,
    pub(crate) client: u64,
    pub(crate) seq: u32,
    pub(crate) body: Vec<u8>,
}

impl Frame {
    pub(crate) fn new(kind: u8, client: u64, seq: u32, body: impl Into<Vec<u8>>) -> Self {
        Self { version: 1, kind, client, seq, body: body.into() }
    }

    /// A call; the arguments follow each other.
    pub(crate) fn call(client: u64, seq: u32, method: u16, arguments: impl AsRef<[u8]>) -> Self {
        Self::new(CALL, client, seq, [&method.to_le_bytes(), arguments.as_ref()].concat())
    }

    /// The same call again, sent first to the rpcd of this instance.
    pub(crate) fn again(&self, instance: u64) -> Self {
        Self { kind: RETRY, body: [&instance.to_le_bytes(), &self.body[..]].concat(), ..self.clone() }
    }

    pub(crate) fn ping(client: u64, seq: u32, window: u32) -> Self {
        Self::new(PING, client, seq, window.to_le_bytes())
    }

    /// The result that answers this frame.
    pub(crate) fn result(&self, body: impl Into<Vec<u8>>) -> Self {
        Self::new(RESULT, self.client, self.seq, body)
    }

    /// The error that answers this frame.
    pub(crate) fn error(&self, code: u16, text: &str) -> Self {
        Self::new(ERROR, self.client, self.seq, [&code.to_le_bytes(), &string(text)[..]].concat())
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let length = self.body.len() as u32;
        let mut header = vec![b'R', b'P', self.version, self.kind];
        header.extend(length.to_le_bytes());
        header.extend(self.client.to_le_bytes());
        header.extend(self.seq.to_le_bytes());
        let checksum = crc32(header.iter().chain(&self.body));
        header.extend(checksum.to_le_bytes());
        header.extend(&self.body);
        header
    }

    /// The number of the method that a call or retry calls.
    pub(crate) fn method(&self) -> Option<u16> {
        let skip = if self.kind == RETRY { 8 } else { 0 };
        self.body.get(skip..skip + 2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    /// The first eight bytes of the body, as a number.
    pub(crate) fn number(&self) -> Option<u64> {
        self.body.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }
}

/// In words, with the bytes of the body.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = ["", "call", "result", "error", "cancel", "ping", "pong", "retry"];
        match kinds.get(usize::from(self.kind)).filter(|name| !name.is_empty()) {
            Some(name) => write!(f, "{name}")?,
            None => write!(f, "frame of kind {}", self.kind)?,
        }
        if self.version != 1 {
            write!(f, " of version {}", self.version)?;
        }
        write!(f, ", client {}, seq {}, ", self.client, self.seq)?;
        let shown: Vec<String> = self.body.iter().take(24).map(|byte| format!("{byte:02x}")).collect();
        match self.body.as_slice() {
            [] => write!(f, "empty body"),
            [code, high, _, _, _, _, text @ ..] if self.kind == ERROR => {
                write!(f, "code {}, text \"{}\"", u16::from_le_bytes([*code, *high]), visible(text))
            }
            body if body.len() > 24 => write!(f, "body of {} bytes: {} ..", body.len(), shown.join(" ")),
            _ => write!(f, "body {}", shown.join(" ")),
        }
    }
}

/// How many bytes the frame at the front of `bytes` has; `None` if they are too few to tell, or too few for it.
pub(crate) fn length_of_first(bytes: &[u8]) -> Option<usize> {
    let length: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
    let whole = HEADER + u32::from_le_bytes(length) as usize;
    (bytes.len() >= whole).then_some(whole)
}

/// Reads a whole frame, or says why it is none.
pub(crate) fn parse(bytes: &[u8]) -> Result<Frame, String> {
    let no = |why: &str| {
        Err(format!("bytes that are no frame ({why}): {}", visible(&bytes[..bytes.len().min(60)])))
    };
    if bytes.len() < HEADER || !bytes.starts_with(b"RP") {
        return no("they do not begin with RP");
    }
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let body = &bytes[HEADER..];
    if word(20) != crc32(bytes[..20].iter().chain(body)) {
        return no("the CRC is wrong");
    }
    let client = u64::from(word(8)) | u64::from(word(12)) << 32;
    Ok(Frame { version: bytes[2], kind: bytes[3], client, seq: word(16), body: body.to_vec() })
}

/// The next frame that comes to `peer`.
#[track_caller]
pub(crate) fn next(peer: &Peer) -> Frame {
    let header = peer.take(HEADER);
    let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
    assert!(
        header.starts_with(b"RP") && length <= BODY_MAX,
        "what has come is no frame\nexpected: the letters RP and a length of at most {BODY_MAX}\nreceived: {}",
        visible(&header)
    );
    match parse(&[header, peer.take(length)].concat()) {
        Ok(frame) => frame,
        Err(why) => panic!("what has come is no frame\nexpected: a frame of the contract\nreceived: {why}"),
    }
}

/// The next frame must be this one.
#[track_caller]
pub(crate) fn expect(peer: &Peer, expected: &Frame) {
    let received = next(peer);
    assert!(
        received == *expected,
        "another frame has come than expected\nexpected: {expected}\nreceived: {received}"
    );
}

/// CRC-32 as in zlib: the remainders of all bytes first, then byte by byte.
fn crc32<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> u32 {
    static TABLE: LazyLock<[u32; 256]> = LazyLock::new(|| {
        let shift = |rest: u32| if rest & 1 == 1 { rest >> 1 ^ 0xEDB8_8320 } else { rest >> 1 };
        std::array::from_fn(|byte| (0..8).fold(byte as u32, |rest, _| shift(rest)))
    });
    let table = &*TABLE;
    !bytes.into_iter().fold(!0, |rest, &byte| table[usize::from(rest as u8 ^ byte)] ^ rest >> 8)
}

pub(crate) fn bytes(value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    [&(value.len() as u32).to_le_bytes(), value].concat()
}

pub(crate) fn string(value: &str) -> Vec<u8> {
    bytes(value)
}

pub(crate) fn two(first: impl AsRef<[u8]>, second: impl AsRef<[u8]>) -> Vec<u8> {
    [first.as_ref(), second.as_ref()].concat()
}

pub(crate) fn i64s(first: i64, second: i64) -> Vec<u8> {
    two(first.to_le_bytes(), second.to_le_bytes())
}

pub(crate) fn u32s(first: u32, second: u32) -> Vec<u8> {
    two(first.to_le_bytes(), second.to_le_bytes())
}
